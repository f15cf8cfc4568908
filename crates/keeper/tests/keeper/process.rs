//! Starts `examples/keeper_process` and talks to it.
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use audit::{Event, Filter, query};
use tokio::sync::Mutex;
use types::{Digest, EngineBuild};
use wire::{
    Channel, Frame,
    keeper::{Answer, ArtefactStatement, Question, kind},
    supervisor::{Ready, Start, to_child, to_supervisor},
};

pub(crate) struct Keeper {
    pub(crate) child: Child,
    pub(crate) supervisor: Channel,
    pub(crate) ready: Ready,
    folder: PathBuf,
}

/// Held while a child starts, until it has spoken or ended, and while a test opens a log in this process. Between fork and
/// exec a child holds every descriptor of this process, a neighbour's lock file included, and who opens that log again finds
/// it in use by nobody.
pub(crate) static STARTING: Mutex<()> = Mutex::const_new(());

fn spawn(folder: &Path) -> (Child, Channel) {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.set_file_name("examples");
    let (ours, theirs) = wire::pair().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the keeper is a process")]
    let mut command = Command::new(path.join("keeper_process"));
    let child = command.arg(folder).stdin(theirs).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    (child, Channel::new(ours).unwrap())
}

pub(crate) fn frame<T: serde::Serialize>(kind: u8, stream: u32, message: &T) -> Frame {
    Frame::new(kind, stream, wire::encode(message).unwrap())
}

fn start() -> Frame {
    let start = Start { config: String::new(), engines: vec![], listeners: 0, supervisor_posture: "{}".into() };
    frame(to_child::START, 0, &start)
}

impl Keeper {
    pub(crate) async fn start(folder: &Path) -> Self {
        let _alone = STARTING.lock().await;
        let (child, mut supervisor) = spawn(folder);
        supervisor.sender.send(vec![start()]).unwrap();
        let Ok(first) = supervisor.receiver.next().await else { panic!("{}", said(child)) };
        assert_eq!(first.kind, to_supervisor::READY);
        let ready = first.message().unwrap();
        Self { child, supervisor, ready, folder: folder.to_owned() }
    }

    /// A start that must fail; returns what the keeper said.
    pub(crate) async fn refused(folder: &Path) -> String {
        let _alone = STARTING.lock().await;
        let (child, mut supervisor) = spawn(folder);
        supervisor.sender.send(vec![start()]).unwrap();
        assert!(supervisor.receiver.next().await.is_err(), "it started");
        said(child)
    }

    /// Gives the keeper a fresh channel; returns the front's end.
    pub(crate) fn front(&self) -> Front {
        let (ours, theirs) = wire::pair().unwrap();
        let mut fresh = Frame::new(to_child::KEEPER, 0, Default::default());
        fresh.fds.push(theirs);
        self.supervisor.sender.send(vec![fresh]).unwrap();
        Front { channel: Channel::new(ours).unwrap(), next: AtomicU32::new(1) }
    }

    /// Ends it as the supervisor does; returns its exit code.
    pub(crate) fn drain(mut self) -> i32 {
        self.supervisor.sender.send(vec![Frame::new(to_child::DRAIN, 0, Default::default())]).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The keeper's own events, oldest first.
    pub(crate) fn events(&self) -> Vec<Event> {
        events(&self.folder)
    }

    /// Waits until there is an event of this name.
    pub(crate) async fn event(&self, action: &str) -> Event {
        for _ in 0..400 {
            if let Some(event) = self.events().into_iter().find(|e| &*e.action == action) {
                return event;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no event `{action}` in {:?}", self.events().iter().map(|e| e.action.clone()).collect::<Vec<_>>());
    }
}

pub(crate) fn events(folder: &Path) -> Vec<Event> {
    let page = query(&folder.join("audit"), &Filter { limit: 1_000, ..Filter::default() }).unwrap();
    page.entries.into_iter().rev().map(|e| e.event).collect()
}

fn said(mut child: Child) -> String {
    assert!(!child.wait().unwrap().success());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

pub(crate) struct Front {
    pub(crate) channel: Channel,
    next: AtomicU32,
}

impl Front {
    pub(crate) async fn ask(&mut self, question: Question) -> Answer {
        let stream = self.next.fetch_add(1, Ordering::Relaxed);
        self.channel.sender.send(vec![frame(kind::ASK, stream, &question)]).unwrap();
        let answer = self.channel.receiver.next().await.unwrap();
        assert_eq!((answer.kind, answer.stream), (kind::ANSWER, stream));
        answer.message().unwrap()
    }

    pub(crate) async fn keys(&mut self, build: Option<EngineBuild>) -> Keys {
        match self.ask(Question::PublicKeys { build }).await {
            Answer::PublicKeys { artefact, audit, keeper_audit, posture, signed } => {
                Keys { artefact, audit, keeper_audit, posture, signed }
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn refused(&mut self, question: Question) -> String {
        match self.ask(question).await {
            Answer::Refused { reason } => reason,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) struct Keys {
    pub(crate) artefact: Option<[u8; 32]>,
    pub(crate) audit: String,
    pub(crate) keeper_audit: String,
    pub(crate) posture: String,
    pub(crate) signed: Option<(u64, Digest)>,
}

pub(crate) fn build(n: u32) -> EngineBuild {
    EngineBuild::new(&format!("sf1/wasmtime-48.0.{n}+p0/cfg-0123456789abcdef/x86_64-v3")).unwrap()
}

pub(crate) fn statement(n: u32) -> ArtefactStatement {
    let digest = |word: u8| Digest::from_bytes([word; 32]);
    ArtefactStatement { format: 1, build: build(n), component: digest(1), artefact: digest(2), artefact_bytes: 1_000 }
}
