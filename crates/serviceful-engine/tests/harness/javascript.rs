//! The JavaScript engine, compiled once, and snapshots made with it.
use std::path::PathBuf;

use types::{CompileLimits, Digest, EngineBuild};
use wire::{
    Channel,
    compile::{self, Done, Failed},
    work::{Loaded, to_worker},
};

use super::{
    Answer, Artefact, Key, NotCompiled, Process, Worker, frame, get, nameless, next, sha256, spawn, worker::loaded,
};

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
