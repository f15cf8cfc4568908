//! Plays the front: starts the real executable with a socket as its standard input, and speaks `wire` with it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "tests")]
#![expect(dead_code, reason = "each test file uses a part of it")]

mod exchange;
mod javascript;
mod worker;

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    os::fd::OwnedFd,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use types::{CompileLimits, Digest, EngineBuild};
use wire::{
    Channel, Frame,
    compile::{self, Done, Failed, Job},
    keeper::ArtefactStatement,
    work::Load,
};

#[expect(unused_imports, reason = "each test file uses a part of it")]
pub(crate) use self::{
    exchange::{Answer, Exchange, get},
    javascript::{js_engine, js_machine, refused, report, snapshot, snapshot_within},
    worker::{Source, Worker, spawn_worker},
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
