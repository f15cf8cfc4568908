//! Plays the front: starts the real executable with a socket as its standard input, and speaks `wire` with it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests")]
#![expect(dead_code, reason = "each test file uses a part of it")]

use std::{
    collections::HashMap,
    fs::File,
    io::{Seek as _, Write as _},
    os::fd::OwnedFd,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use bytes::Bytes;
use store::KeyValues as _;
use tokio::sync::mpsc;
use types::{
    AppName, Caller, CompileLimits, Digest, EngineBuild, FunctionName, Grants, KvAnswer, RequestId, RunLimits,
    UnixMillis,
};
use wire::{
    Channel, Frame, Sender,
    compile::{self, Done, Failed, Job},
    keeper::{ArtefactStatement, Typed},
    work::{
        Answer as Said, Ask, Assign, Credit, DeniedHatch, Ended, Failure, Fields, Head, Hello, Invoke, Load, Loaded,
        Log, Prepare, Probe, Question, SecretAnswer, Told, to_front, to_worker,
    },
};

/// No answer within this is a failure of the test, not of patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A file with these bytes and no name.
pub(crate) fn nameless(bytes: &[u8]) -> OwnedFd {
    let mut file: File = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file.into()
}

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_bytes(digest(&SHA256, bytes).as_ref().try_into().unwrap())
}

pub(crate) fn frame<T: serde::Serialize>(kind: u8, stream: u32, message: &T) -> Frame {
    Frame::new(kind, stream, wire::encode(message).unwrap())
}

/// A process that is killed when the test ends.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a role of the real executable.
pub(crate) fn spawn(role: &str) -> (Process, Channel) {
    let (ours, theirs) = wire::pair().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_serviceful-engine"))
        .arg(role)
        .env_clear()
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    (Process(child), Channel::new(ours).unwrap())
}

/// What the compiler made.
#[derive(Debug, Clone)]
pub(crate) struct Artefact {
    pub(crate) component: Digest,
    pub(crate) build: EngineBuild,
    pub(crate) bytes: Vec<u8>,
    pub(crate) done: Done,
}

/// How a compile process ended without an artefact.
#[derive(Debug)]
pub(crate) enum NotCompiled {
    Failed(Failed),
    Died(ExitStatus),
}

pub(crate) async fn compile(component: &[u8]) -> Result<Artefact, NotCompiled> {
    compile_within(component, CompileLimits::default()).await
}

pub(crate) async fn compile_within(component: &[u8], limits: CompileLimits) -> Result<Artefact, NotCompiled> {
    let (mut process, mut channel) = spawn("compile");
    let first = next(&mut channel, &mut process).await?;
    assert_eq!(first.kind, compile::kind::REPORT);
    let report: compile::Report = first.message().unwrap();
    let mut job = frame(compile::kind::JOB, 7, &Job { component: sha256(component), limits });
    job.fds.push(nameless(component));
    channel.sender.send(vec![job]).unwrap();
    let mut bytes = Vec::new();
    loop {
        let frame = next(&mut channel, &mut process).await?;
        match frame.kind {
            compile::kind::PROGRESS => {}
            compile::kind::ARTEFACT => bytes.extend_from_slice(&frame.payload),
            compile::kind::DONE => {
                let done: Done = frame.message().unwrap();
                assert_eq!(done.artefact_bytes, bytes.len() as u64);
                return Ok(Artefact { component: sha256(component), build: report.build, bytes, done });
            }
            compile::kind::FAILED => return Err(NotCompiled::Failed(frame.message().unwrap())),
            other => panic!("unexpected frame kind {other}"),
        }
    }
}

async fn next(channel: &mut Channel, process: &mut Process) -> Result<Frame, NotCompiled> {
    match tokio::time::timeout(PATIENCE * 2, channel.receiver.next()).await.expect("the compiler is silent") {
        Ok(frame) => Ok(frame),
        Err(_) => Err(NotCompiled::Died(process.0.wait().unwrap())),
    }
}

/// The limit that stopped a compile job.
pub(crate) fn limit_of(result: Result<Artefact, NotCompiled>) -> String {
    match result {
        Err(NotCompiled::Failed(Failed::Limit { limit, .. })) => limit,
        other => panic!("expected a limit, got {:?}", other.map(|artefact| artefact.done)),
    }
}

/// The keeper's part.
pub(crate) struct Key(Ed25519KeyPair);

impl Key {
    pub(crate) fn fresh() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.0.public_key().as_ref().try_into().unwrap()
    }

    pub(crate) fn sign(&self, statement: &ArtefactStatement) -> Vec<u8> {
        self.0.sign(&statement.signed_bytes()).as_ref().to_vec()
    }

    pub(crate) fn seal(&self, artefact: &Artefact) -> Load {
        let statement = ArtefactStatement {
            format: 1,
            build: artefact.build.clone(),
            component: artefact.component,
            artefact: sha256(&artefact.bytes),
            artefact_bytes: artefact.bytes.len() as u64,
        };
        Load { signature: self.sign(&statement), statement }
    }
}

/// A worker that has said hello and was told nothing.
pub(crate) async fn spawn_worker() -> (Process, Channel, Hello) {
    let (process, mut channel) = spawn("work");
    let first =
        tokio::time::timeout(PATIENCE, channel.receiver.next()).await.unwrap().expect("the worker died at start");
    assert_eq!(first.kind, to_front::HELLO);
    let hello: Hello = first.message().unwrap();
    (process, channel, hello)
}

/// What the front answers from when a call asks. It believes the worker: what a hostile one may not have is tested with the real
/// front (`runtime/tests/hostile_worker`).
pub(crate) struct Source {
    pub(crate) secrets: Mutex<HashMap<String, String>>,
    pub(crate) key_values: store::MemoryKeyValues,
    /// What was asked, in the order in which it came.
    pub(crate) asked: Mutex<Vec<Question>>,
    /// Milliseconds that an answer takes.
    pub(crate) delay_ms: std::sync::atomic::AtomicU64,
}

impl Source {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            secrets: Mutex::default(),
            key_values: store::MemoryKeyValues::new(4 << 20),
            asked: Mutex::default(),
            delay_ms: std::sync::atomic::AtomicU64::new(0),
        })
    }

    async fn answer(&self, question: Question) -> Said {
        self.asked.lock().unwrap().push(question.clone());
        let delay_ms = self.delay_ms.load(std::sync::atomic::Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        match question {
            Question::Secret(name) => {
                let value = self.secrets.lock().unwrap().get(name.as_str()).cloned();
                Said::Secret(value.map_or(SecretAnswer::NotSet, |value| SecretAnswer::Value(Typed::new(value))))
            }
            Question::Kv(question) => Said::Kv(self.ask(question).await),
            // No rule permits anything here.
            Question::Allowed { action, .. } => Said::Allowed(Err(format!("`{action}` is no action of this app"))),
        }
    }

    /// Asks the store itself.
    pub(crate) async fn ask(&self, question: types::KvQuestion) -> KvAnswer {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let now = UnixMillis(u64::try_from(now).unwrap());
        self.key_values.ask(AppName::parse("coffee").unwrap(), question, now).await.unwrap()
    }
}

/// A worker with the front's end of its channel.
pub(crate) struct Worker {
    pub(crate) source: Arc<Source>,
    pub(crate) process: Process,
    pub(crate) hello: Hello,
    pub(crate) key: Key,
    sender: Sender,
    streams: Arc<Mutex<HashMap<u32, mpsc::UnboundedSender<Frame>>>>,
    last: Mutex<u32>,
}

impl Worker {
    pub(crate) async fn start() -> Self {
        let (process, Channel { sender, mut receiver }, hello) = spawn_worker().await;
        let key = Key::fresh();
        let app = AppName::parse("coffee").unwrap();
        sender.send(vec![frame(to_worker::PREPARE, 0, &Prepare { artefact_key: key.public() })]).unwrap();
        sender.send(vec![frame(to_worker::ASSIGN, 0, &Assign { app })]).unwrap();
        let streams: Arc<Mutex<HashMap<u32, mpsc::UnboundedSender<Frame>>>> = Arc::default();
        let theirs = streams.clone();
        let source = Source::new();
        let (answers, answering) = (source.clone(), sender.clone());
        tokio::spawn(async move {
            while let Ok(frame) = receiver.next().await {
                if frame.kind == to_front::ASK {
                    let (source, sender) = (answers.clone(), answering.clone());
                    tokio::spawn(async move {
                        let ask: Ask = frame.message().unwrap();
                        let told = Told { number: ask.number, answer: source.answer(ask.question).await };
                        let _ = sender.send(vec![self::frame(to_worker::TOLD, frame.stream, &told)]);
                    });
                    continue;
                }
                let over = matches!(frame.kind, to_front::ENDED | to_front::LOADED);
                let stream = frame.stream;
                if let Some(to) = theirs.lock().unwrap().get(&stream) {
                    let _ = to.send(frame);
                }
                if over {
                    theirs.lock().unwrap().remove(&stream);
                }
            }
            theirs.lock().unwrap().clear();
        });
        Self { source, process, hello, key, sender, streams, last: Mutex::new(0) }
    }

    fn open(&self) -> (u32, mpsc::UnboundedReceiver<Frame>) {
        let stream = {
            let mut last = self.last.lock().unwrap();
            *last += 1;
            *last
        };
        let (to, from) = mpsc::unbounded_channel();
        self.streams.lock().unwrap().insert(stream, to);
        (stream, from)
    }

    pub(crate) fn send(&self, frames: Vec<Frame>) {
        self.sender.send(frames).unwrap();
    }

    /// Loads under an honest seal.
    pub(crate) async fn load(&self, artefact: &Artefact) -> Loaded {
        self.load_as(&artefact.bytes, self.key.seal(artefact)).await
    }

    /// Compiles and loads.
    pub(crate) async fn bring(&self, component: &[u8]) -> Digest {
        let artefact = compile(component).await.expect("it compiles");
        assert_eq!(self.load(&artefact).await, Loaded::Ready);
        artefact.component
    }

    pub(crate) async fn load_as(&self, bytes: &[u8], load: Load) -> Loaded {
        let (stream, from) = self.open();
        let mut frame = frame(to_worker::LOAD, stream, &load);
        frame.fds.push(nameless(bytes));
        self.send(vec![frame]);
        loaded(from).await
    }

    pub(crate) async fn probe(&self, component: Digest, limits: RunLimits) -> Loaded {
        let (stream, from) = self.open();
        let probe = Probe { component, limits, grants: Grants::default() };
        self.send(vec![frame(to_worker::PROBE, stream, &probe)]);
        loaded(from).await
    }

    /// Sends a request; the body follows through the answer.
    pub(crate) fn invoke(&self, invoke: &Invoke) -> Exchange {
        let (stream, frames) = self.open();
        self.send(vec![frame(to_worker::INVOKE, stream, invoke)]);
        Exchange { stream, frames, sender: self.sender.clone(), credit: 0, automatic: true }
    }

    /// A whole exchange without a request body.
    pub(crate) async fn call(&self, invoke: &Invoke) -> Answer {
        self.invoke(invoke).finish().await
    }

    /// Resident memory of the process, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    pub(crate) fn status(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process.0.id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

async fn loaded(mut from: mpsc::UnboundedReceiver<Frame>) -> Loaded {
    let frame = tokio::time::timeout(PATIENCE, from.recv()).await.expect("no answer").expect("the worker died");
    assert_eq!(frame.kind, to_front::LOADED);
    frame.message().unwrap()
}

/// One exchange under way.
pub(crate) struct Exchange {
    pub(crate) stream: u32,
    frames: mpsc::UnboundedReceiver<Frame>,
    sender: Sender,
    /// Credit for the request body that came and is not spent.
    pub(crate) credit: u64,
    /// Give credit for the response as it comes.
    pub(crate) automatic: bool,
}

/// All that came back.
#[derive(Debug, Default, Clone)]
pub(crate) struct Answer {
    pub(crate) head: Option<Head>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<Fields>,
    pub(crate) failure: Option<Failure>,
    pub(crate) ended: Option<Ended>,
    pub(crate) logs: Vec<Log>,
    pub(crate) denied: Vec<DeniedHatch>,
    pub(crate) died: bool,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.as_ref().unwrap_or_else(|| panic!("no head: {self:?}")).status
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let head = self.head.as_ref()?;
        let value = head.fields.0.iter().find(|(n, _)| n == name)?;
        Some(String::from_utf8(value.1.clone()).unwrap())
    }

    /// The limit that ended it.
    pub(crate) fn limit(&self) -> String {
        match &self.failure {
            Some(Failure::Limit { limit, .. }) => limit.clone(),
            other => panic!("expected a limit, got {other:?} and head {:?}", self.head),
        }
    }

    pub(crate) fn trap(&self) -> String {
        match &self.failure {
            Some(Failure::Trap { reason }) => reason.clone(),
            other => panic!("expected a trap, got {other:?}"),
        }
    }
}

impl Exchange {
    pub(crate) fn send(&self, frames: Vec<Frame>) {
        self.sender.send(frames).unwrap();
    }

    pub(crate) fn body(&self, piece: &[u8]) {
        self.send(vec![Frame::new(to_worker::BODY, self.stream, Bytes::copy_from_slice(piece))]);
    }

    pub(crate) fn end(&self, trailers: &[(&str, &str)]) {
        let fields = Fields(trailers.iter().map(|(n, v)| ((*n).into(), v.as_bytes().to_vec())).collect());
        self.send(vec![frame(to_worker::BODY_END, self.stream, &fields)]);
    }

    pub(crate) fn bare(&self, kind: u8) {
        self.send(vec![Frame::new(kind, self.stream, Bytes::new())]);
    }

    pub(crate) fn give(&self, bytes: u32) {
        // As the front does: credit for a worker that has left already is late, not wrong. What it said before is still to be read.
        let _ = self.sender.send(vec![frame(to_worker::CREDIT, self.stream, &Credit { bytes })]);
    }

    /// The next frame, within some time.
    pub(crate) async fn next_within(&mut self, time: Duration) -> Option<Frame> {
        tokio::time::timeout(time, self.frames.recv()).await.ok().flatten()
    }

    /// Takes one frame into `answer`. `false`: that was the last.
    pub(crate) async fn step(&mut self, answer: &mut Answer) -> bool {
        let frame = tokio::time::timeout(PATIENCE, self.frames.recv()).await;
        let Some(frame) = frame.unwrap_or_else(|_| panic!("silence after {answer:?}")) else {
            answer.died = true;
            return false;
        };
        match frame.kind {
            to_front::HEAD => answer.head = Some(frame.message().unwrap()),
            to_front::BODY => {
                if self.automatic {
                    self.give(u32::try_from(frame.payload.len()).unwrap());
                }
                answer.body.extend_from_slice(&frame.payload);
            }
            to_front::BODY_END => answer.trailers = Some(frame.message().unwrap()),
            to_front::FAILED => answer.failure = Some(frame.message().unwrap()),
            to_front::CREDIT => self.credit += u64::from(frame.message::<Credit>().unwrap().bytes),
            to_front::LOG => answer.logs.push(frame.message().unwrap()),
            to_front::DENIED => answer.denied.push(frame.message().unwrap()),
            to_front::ENDED => {
                answer.ended = Some(frame.message().unwrap());
                return false;
            }
            other => panic!("unexpected frame kind {other}"),
        }
        true
    }

    pub(crate) async fn finish(mut self) -> Answer {
        let (began, mut answer) = (Instant::now(), Answer::default());
        while self.step(&mut answer).await {}
        answer.took = began.elapsed();
        answer
    }
}

/// A request for a component, to be changed by the test.
pub(crate) fn get(component: Digest, path: &str) -> Invoke {
    Invoke {
        request: RequestId::from_bytes([9; 16]),
        component,
        handler: None,
        function: FunctionName::parse("hello").unwrap(),
        method: "GET".into(),
        scheme: "http".into(),
        authority: "coffee.localhost:8080".into(),
        path_and_query: path.into(),
        fields: Fields(vec![("accept".into(), b"*/*".to_vec()), ("user-agent".into(), b"test".to_vec())]),
        caller: Caller::Stranger,
        groups: Vec::new(),
        limits: RunLimits::default(),
        grants: Grants::default(),
        has_body: false,
        wall_ms: 30_000,
    }
}

/// A guest that `scripts/build-guests.sh` builds.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("SERVICEFUL_GUESTS").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_serviceful-engine")).ancestors().nth(2).unwrap().join("guests"),
        PathBuf::from,
    );
    let path = folder.join(name).with_extension("wasm");
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("`{}`: {error}; run `scripts/build-guests.sh`, or set SERVICEFUL_GUESTS to its folder", path.display())
    })
}

// ---- JavaScript

/// The JavaScript engine's module, which `scripts/build-js-engine.sh` puts beside the executables.
pub(crate) fn js_engine() -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_BIN_EXE_serviceful-engine")).with_file_name("js-engine.wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run scripts/build-js-engine.sh", path.display()))
}

/// Collects what a compiler or snapshot process sends after its job.
async fn made(
    process: &mut Process,
    channel: &mut Channel,
    component: Digest,
    build: EngineBuild,
) -> Result<(Artefact, Vec<String>), NotCompiled> {
    let (mut bytes, mut output) = (Vec::new(), Vec::new());
    loop {
        let frame = next(channel, process).await?;
        match frame.kind {
            compile::kind::PROGRESS => {}
            compile::kind::ARTEFACT => bytes.extend_from_slice(&frame.payload),
            compile::kind::OUTPUT => output = frame.message::<compile::Output>().unwrap().0,
            compile::kind::DONE => {
                let done: Done = frame.message().unwrap();
                assert_eq!(done.artefact_bytes, bytes.len() as u64);
                return Ok((Artefact { component, build, bytes, done }, output));
            }
            compile::kind::FAILED => return Err(NotCompiled::Failed(frame.message().unwrap())),
            other => panic!("unexpected frame kind {other}"),
        }
    }
}

pub(crate) async fn report(process: &mut Process, channel: &mut Channel) -> Result<EngineBuild, NotCompiled> {
    let first = next(channel, process).await?;
    assert_eq!(first.kind, compile::kind::REPORT);
    Ok(first.message::<compile::Report>().unwrap().build)
}

/// The compiled JavaScript engine: made once for each executable, and kept beside the tests, which are many processes.
pub(crate) async fn js_machine() -> &'static Artefact {
    static MACHINE: tokio::sync::OnceCell<Artefact> = tokio::sync::OnceCell::const_new();
    MACHINE
        .get_or_init(|| async {
            let (mut process, mut channel) = spawn("compile");
            let build = report(&mut process, &mut channel).await.unwrap();
            let component = sha256(&js_engine());
            // Of this very executable: what it compiles may have changed without another build id.
            let made_at = std::fs::metadata(env!("CARGO_BIN_EXE_serviceful-engine")).unwrap().modified().unwrap();
            let name = format!("js-machine {build} {made_at:?}");
            let kept = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(sha256(name.as_bytes()).hex());
            if let Ok(bytes) = std::fs::read(&kept) {
                let done = Done {
                    imports: Vec::new(),
                    serves: String::new(),
                    handlers: Vec::new(),
                    component_bytes: 0,
                    artefact_bytes: bytes.len() as u64,
                    compile_ms: 0,
                };
                return Artefact { component, build, bytes, done };
            }
            let limits = CompileLimits { compile_cpu_s: 60, ..CompileLimits::default() };
            let job = frame(compile::kind::JS_ENGINE, 3, &compile::JsEngine { limits });
            channel.sender.send(vec![job]).unwrap();
            let made = made(&mut process, &mut channel, component, build).await.expect("the engine compiles").0;
            let new = kept.with_extension(std::process::id().to_string());
            std::fs::write(&new, &made.bytes).unwrap();
            std::fs::rename(&new, &kept).unwrap();
            made
        })
        .await
}

/// Turns a source into a snapshot; what it wrote to its console comes with it.
pub(crate) async fn snapshot(source: &str) -> Result<(Artefact, Vec<String>), NotCompiled> {
    snapshot_within(source, CompileLimits::default()).await
}

pub(crate) async fn snapshot_within(
    source: &str,
    limits: CompileLimits,
) -> Result<(Artefact, Vec<String>), NotCompiled> {
    let (key, machine) = (Key::fresh(), js_machine().await);
    let (mut process, mut channel) = spawn("snapshot");
    let build = report(&mut process, &mut channel).await?;
    let source_digest = sha256(source.as_bytes());
    let job =
        compile::Snapshot { source: source_digest, limits, engine: key.seal(machine), artefact_key: key.public() };
    let mut job = frame(compile::kind::SNAPSHOT, 5, &job);
    job.fds.push(nameless(source.as_bytes()));
    job.fds.push(nameless(&machine.bytes));
    channel.sender.send(vec![job]).unwrap();
    made(&mut process, &mut channel, source_digest, build).await
}

/// Why a source became no snapshot.
pub(crate) async fn refused(source: &str) -> String {
    match snapshot(source).await {
        Err(NotCompiled::Failed(Failed::Source { reason })) => reason,
        other => panic!("expected a refusal, got {:?}", other.map(|(artefact, _)| artefact.done)),
    }
}

impl Worker {
    /// Snapshots and loads a function written in JavaScript, with the engine before it.
    pub(crate) async fn bring_js(&self, source: &str) -> Digest {
        assert_eq!(self.load(js_machine().await).await, Loaded::Ready);
        let (artefact, _) = match snapshot(source).await {
            Ok(made) => made,
            Err(error) => panic!("no snapshot: {error:?}"),
        };
        let (stream, from) = self.open();
        let mut frame = frame(to_worker::LOAD, stream, &self.key.seal(&artefact));
        frame.fds.push(nameless(source.as_bytes()));
        frame.fds.push(nameless(&artefact.bytes));
        self.send(vec![frame]);
        assert_eq!(loaded(from).await, Loaded::Ready);
        artefact.component
    }

    /// Brings a handler's body, calls it once, and gives the answer.
    pub(crate) async fn js(&self, body: &str) -> Answer {
        let source = format!("export default {{ async fetch(request, env, ctx) {{\n{body}\n}} }};");
        let component = self.bring_js(&source).await;
        self.call(&get(component, "/path?x=1")).await
    }
}
