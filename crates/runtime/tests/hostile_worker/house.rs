//! A runtime room whose workers are scripts of the test: they hold the real channel, and say whatever they like.
use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    os::unix::fs::FileExt,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use gateway::{
    Answered, Ask, Body, Ctx, Fut, Intent, LogLine, LogPort, Permit, Refusal, Reply, SecretPort, VaultError, Work,
    events::{Event, Record},
};
use http::Request;
use http_body_util::{BodyExt, Full};
use runtime::{Artefacts, Child, ChildExit, Config, Keeper, Logs, Parts, Processes, Service, StartError};
use store::{Contents, ContentsError, SealedSecret};
use tokio::sync::{Notify, watch};
use types::{
    Access, AppName, Caller, Clock, CompileLimits, Digest, EngineBuild, FunctionName, FunctionTarget, Grants, Instant,
    RequestId, Rng, RunLimits, Secret, SecretName, UnixMillis,
};
use wire::{
    Channel, Frame, Receiver, Sender, compile, encode,
    keeper::ArtefactStatement,
    supervisor::EngineRole,
    work::{
        Ask as Asks, Ended, Failure, Fields, Head, Hello, Invoke, Load, Loaded, Log, LogStream, Question, Told,
        to_front, to_worker,
    },
};

const COMPONENT: &[u8] = b"\0asm, a component";
const CODE: &[u8] = b"compiled code";

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest::from_bytes(digest::digest(&digest::SHA256, bytes).as_ref().try_into().unwrap())
}

fn build() -> EngineBuild {
    EngineBuild::new("sf1/wasmtime-48.0.8+p0/cfg-0/x86_64-v3").unwrap()
}

/// The worker's end of its channel.
pub(crate) struct Peer {
    pub(crate) sender: Sender,
    pub(crate) receiver: Receiver,
}

/// What a worker does with its channel, from its first word on.
pub(crate) type Script = Arc<dyn Fn(Peer) -> BoxFuture<'static, ()> + Send + Sync>;

impl Peer {
    pub(crate) fn say<T: serde::Serialize>(&self, kind: u8, stream: u32, message: &T) {
        self.raw(kind, stream, encode(message).unwrap());
    }

    pub(crate) fn raw(&self, kind: u8, stream: u32, payload: impl Into<Bytes>) {
        let _ = self.sender.send(vec![Frame::new(kind, stream, payload.into())]);
    }

    pub(crate) fn hello(&self) {
        self.say(to_front::HELLO, 0, &Hello { build: build(), posture: "{}".into() });
    }

    pub(crate) fn head(&self, stream: u32, fields: &[(&str, &str)]) {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect();
        self.say(to_front::HEAD, stream, &Head { status: 200, fields: Fields(fields) });
    }

    pub(crate) fn body(&self, stream: u32, bytes: &'static [u8]) {
        self.raw(to_front::BODY, stream, Bytes::from_static(bytes));
    }

    pub(crate) fn body_end(&self, stream: u32) {
        self.say(to_front::BODY_END, stream, &Fields::default());
    }

    pub(crate) fn ended(&self, stream: u32) {
        self.say(to_front::ENDED, stream, &Ended::default());
    }

    pub(crate) fn failed(&self, stream: u32) {
        self.say(to_front::FAILED, stream, &Failure::Trap { reason: "r".into() });
    }

    pub(crate) fn log(&self, stream: u32, request: RequestId, text: &str) {
        let function = FunctionName::parse("someone-else").unwrap();
        self.say(
            to_front::LOG,
            stream,
            &Log { request, function, stream: LogStream::Stdout, text: text.into(), place: None },
        );
    }

    pub(crate) fn ask(&self, stream: u32, number: u32, question: Question) {
        self.say(to_front::ASK, stream, &Asks { number, question });
    }

    /// The next answer to a question.
    pub(crate) async fn told(&mut self) -> Option<Told> {
        Some(self.wait(to_worker::TOLD).await?.message().unwrap())
    }

    /// The next frame of this kind; others are passed over.
    pub(crate) async fn wait(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.receiver.next().await.ok()?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }

    /// Loads whatever is wanted, as an honest worker does, until a call comes.
    pub(crate) async fn call(&mut self) -> Option<(u32, Invoke)> {
        loop {
            let mut frame = self.receiver.next().await.ok()?;
            match frame.kind {
                to_worker::LOAD => {
                    let load: Load = frame.message().unwrap();
                    let code = File::from(frame.take_fd().unwrap());
                    let mut bytes = vec![0; load.statement.artefact_bytes as usize];
                    code.read_exact_at(&mut bytes, 0).unwrap();
                    let right = sha256(&bytes) == load.statement.artefact;
                    let refused = Loaded::Refused { reason: "its digest is wrong".into() };
                    self.say(to_front::LOADED, frame.stream, if right { &Loaded::Ready } else { &refused });
                }
                to_worker::INVOKE => return Some((frame.stream, frame.message().unwrap())),
                _ => {}
            }
        }
    }

    /// Does not leave by itself, whatever it is asked.
    pub(crate) async fn linger(mut self) {
        while self.receiver.next().await.is_ok() {}
        std::future::pending().await
    }
}

/// A script that says hello, and then meets each call with `act`, without ever ending by itself.
pub(crate) fn each<F>(act: impl Fn(Peer, u32, Invoke) -> F + Send + Sync + 'static) -> Script
where
    F: Future<Output = Peer> + Send + 'static,
{
    let act = Arc::new(act);
    Arc::new(move |mut peer| {
        let act = act.clone();
        Box::pin(async move {
            peer.hello();
            while let Some((stream, invoke)) = peer.call().await {
                peer = act(peer, stream, invoke).await;
            }
            std::future::pending().await
        })
    })
}

/// Rules of one app: strangers may look, and nothing else.
struct OneAction;

impl Ask for OneAction {
    fn ask(&self, question: &gateway::Question<'_>) -> Answered {
        let allowed = question.target.app == app() && *question.caller == Caller::Stranger;
        match question.action {
            "look" if allowed => Answered::Allowed(Arc::from([Arc::from("app:look")])),
            "refund" => Answered::Denied(Arc::from([])),
            _ => Answered::Unknown { known: vec!["look".into(), "refund".into()] },
        }
    }
}

#[derive(Default)]
pub(crate) struct World {
    next: AtomicU32,
    pub(crate) started: AtomicUsize,
    pub(crate) compiled: AtomicUsize,
    killed: Mutex<HashMap<u32, tokio::task::AbortHandle>>,
    kills: Mutex<Vec<u32>>,
    changed: Notify,
}

struct Fake {
    world: Arc<World>,
    script: Script,
}

impl Processes for Fake {
    fn start(&self, role: EngineRole, _: EngineBuild) -> Fut<'_, Result<Child, StartError>> {
        Box::pin(async move {
            let pid = self.world.next.fetch_add(1, Ordering::SeqCst) + 100;
            let (ours, theirs) = wire::pair().unwrap();
            let Channel { sender, receiver } = Channel::new(theirs).unwrap();
            let peer = Peer { sender, receiver };
            let task = if matches!(role, EngineRole::Work) {
                self.world.started.fetch_add(1, Ordering::SeqCst);
                tokio::spawn((self.script)(peer))
            } else {
                self.world.compiled.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(compiler(peer))
            };
            self.world.killed.lock().unwrap().insert(pid, task.abort_handle());
            Ok(Child { pid, channel: ours })
        })
    }

    fn kill(&self, pid: u32) {
        if let Some(task) = self.world.killed.lock().unwrap().remove(&pid) {
            task.abort();
        }
        self.world.kills.lock().unwrap().push(pid);
        self.world.changed.notify_waiters();
    }

    fn ended(&self, pid: u32) -> Fut<'_, ChildExit> {
        Box::pin(async move {
            loop {
                let changed = self.world.changed.notified();
                if self.world.kills.lock().unwrap().contains(&pid) {
                    return ChildExit { pid, code: None, signal: Some(9) };
                }
                changed.await;
            }
        })
    }
}

async fn compiler(mut peer: Peer) {
    use compile::{Done, Report, kind};
    peer.say(kind::REPORT, 0, &Report { build: build(), posture: "{}".into() });
    let _ = peer.wait(kind::JOB).await;
    peer.raw(kind::ARTEFACT, 0, CODE);
    let (component_bytes, artefact_bytes) = (COMPONENT.len() as u64, CODE.len() as u64);
    let serves = "wasi:http/incoming-handler@0.2.3".into();
    peer.say(
        kind::DONE,
        0,
        &Done { imports: vec![], serves, handlers: vec![], component_bytes, artefact_bytes, compile_ms: 1 },
    );
    peer.linger().await;
}

struct Key(Ed25519KeyPair);

impl Keeper for Key {
    fn artefact_key(&self, _: EngineBuild) -> Fut<'_, Result<[u8; 32], String>> {
        Box::pin(async { Ok(self.0.public_key().as_ref().try_into().unwrap()) })
    }

    fn sign_artefact(&self, statement: ArtefactStatement) -> Fut<'_, Result<Vec<u8>, String>> {
        Box::pin(async move { Ok(self.0.sign(&statement.signed_bytes()).as_ref().to_vec()) })
    }
}

struct OneComponent(PathBuf);

impl Contents for OneComponent {
    fn put(&self, _: Digest, _: &[u8]) -> Result<(), ContentsError> {
        unreachable!("the runtime stores nothing")
    }

    fn open(&self, digest: Digest) -> Result<Option<File>, ContentsError> {
        Ok((digest == sha256(COMPONENT)).then(|| File::open(&self.0).unwrap()))
    }

    fn has(&self, digest: Digest) -> bool {
        digest == sha256(COMPONENT)
    }
    fn want(&self, digest: Digest, _: types::UnixMillis) -> Result<bool, store::ContentsError> {
        Ok(self.has(digest))
    }
    fn list(&self) -> Result<Vec<store::Stored>, store::ContentsError> {
        Ok(Vec::new())
    }
    fn remove_unwanted(&self, _: Digest, _: types::UnixMillis) -> Result<Option<u64>, store::ContentsError> {
        Ok(None)
    }
}

/// Every app has every secret; what was asked is written down.
#[derive(Default)]
pub(crate) struct Secrets(pub(crate) Mutex<Vec<String>>);

impl SecretPort for Secrets {
    fn seal_secret(&self, _: AppName, _: SecretName, _: Secret) -> Fut<'_, Result<SealedSecret, VaultError>> {
        unreachable!("the runtime seals nothing")
    }

    fn reveal_secret(&self, app: AppName, name: SecretName) -> Fut<'_, Result<Option<Secret>, VaultError>> {
        self.0.lock().unwrap().push(format!("{app}/{name}"));
        let value = match name.as_str() {
            "NOT_SET" => Ok(None),
            "BROKEN" => Err(VaultError::Failed("the keeper is gone".into())),
            _ => Ok(Some(Secret::new(format!("value of {app}/{name}")))),
        };
        Box::pin(async { value })
    }
}

#[derive(Default)]
pub(crate) struct Book(Mutex<Vec<Event>>);

impl Record for Book {
    fn record(&self, event: &Event) -> Result<audit::Receipt, audit::RecordError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(audit::Receipt::new(0, watch::channel(audit::Progress::default()).1))
    }

    fn is_healthy(&self) -> bool {
        true
    }
}

struct Time(tokio::time::Instant);

impl Clock for Time {
    fn now(&self) -> UnixMillis {
        UnixMillis(1_700_000_000_000)
    }

    fn instant(&self) -> Instant {
        Instant(u64::try_from(self.0.elapsed().as_nanos()).unwrap())
    }
}

struct Counter(AtomicU32);

impl Rng for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes();
        for (to, from) in bytes.iter_mut().zip(count.iter().cycle()) {
            *to = *from;
        }
    }
}

pub(crate) struct House {
    pub(crate) service: Arc<Service>,
    pub(crate) world: Arc<World>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) limits: RunLimits,
    pub(crate) grants: Grants,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) key_values: Arc<store::MemoryKeyValues>,
    book: Arc<Book>,
    clock: Arc<Time>,
    rng: Arc<Counter>,
}

pub(crate) fn app() -> AppName {
    AppName::parse("victim").unwrap()
}

impl House {
    pub(crate) fn new(script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let component = folder.path().join("component");
        File::create(&component).unwrap().write_all(COMPONENT).unwrap();
        for name in ["artefacts", "logs"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let (world, book) = (Arc::<World>::default(), Arc::<Book>::default());
        let clock = Arc::new(Time(tokio::time::Instant::now()));
        let (secrets, key_values) = (Arc::<Secrets>::default(), Arc::new(store::MemoryKeyValues::new(8 << 20)));
        let service = Service::new(Parts {
            config: Config { spare_workers: 0, worker_idle_s: 1, ..Config::default() },
            build: build(),
            javascript: None,
            processes: Arc::new(Fake { world: world.clone(), script }),
            keeper: Arc::new(Key(Ed25519KeyPair::generate().unwrap())),
            contents: Arc::new(OneComponent(component)),
            artefacts: Artefacts::new(folder.path().join("artefacts")),
            logs: Arc::new(Logs::new(folder.path().join("logs"), 100_000, 4_096)),
            audit: book.clone(),
            policy: Arc::new(OneAction),
            clock: clock.clone(),
            compile_caps: CompileLimits::default(),
            secrets: secrets.clone(),
            key_values: key_values.clone(),
        });
        service.start();
        let limits = RunLimits { wall_ms: 60_000, ..RunLimits::default() };
        Self {
            service: Arc::new(service),
            world,
            folder,
            limits,
            grants: Grants::default(),
            secrets,
            key_values,
            book,
            clock,
            rng: Arc::new(Counter(AtomicU32::new(1))),
        }
    }

    pub(crate) async fn call(&self, method: &str, body: Body) -> Result<Reply, Refusal> {
        let cx = Ctx::arrive(self.clock.clone(), self.rng.clone());
        let request = Request::builder().method(method).uri("http://victim.localhost/").body(()).unwrap();
        let target = FunctionTarget {
            app: app(),
            deployment: sha256(b"deployment"),
            function: FunctionName::parse("menu").unwrap(),
            route: "/".parse().unwrap(),
            component: sha256(COMPONENT),
            handler: None,
            access: Access::Public,
            callers: vec![],
            demand: types::Demand::default(),
            limits: self.limits,
            grants: self.grants.clone(),
        };
        let intent = Intent::Invoke(Arc::new(target));
        let permit = Permit::for_test(cx.request, request.into_parts().0, body, Caller::Stranger, intent);
        self.service.work(&cx, permit).await
    }

    pub(crate) async fn get(&self) -> Result<Reply, Refusal> {
        self.call("GET", full(b"")).await
    }

    /// Notes of the events with this action.
    pub(crate) fn events(&self, action: &str) -> Vec<String> {
        let book = self.book.0.lock().unwrap();
        book.iter().filter(|e| &*e.action == action).map(|e| e.note.as_deref().unwrap_or_default().into()).collect()
    }

    pub(crate) fn logs(&self) -> Vec<LogLine> {
        self.service.tail(&app(), 100_000)
    }

    /// Code files in the cache.
    pub(crate) fn artefacts(&self) -> Vec<PathBuf> {
        let mut found = vec![];
        for folder in std::fs::read_dir(self.folder.path().join("artefacts")).unwrap() {
            found.extend(std::fs::read_dir(folder.unwrap().path()).unwrap().map(|file| file.unwrap().path()));
        }
        found.retain(|path| path.extension().is_some_and(|e| e == "code"));
        found
    }

    /// Waits for something that must come, within 12 s.
    pub(crate) async fn until(&self, what: &str, enough: impl Fn(&Self) -> bool) {
        for _ in 0..1_200 {
            if enough(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}; lied: {:?}, lost: {:?}", self.events("worker-lied"), self.events("worker-lost"));
    }
}

pub(crate) fn full(bytes: &'static [u8]) -> Body {
    Full::new(Bytes::from_static(bytes)).map_err(|never| match never {}).boxed_unsync()
}
