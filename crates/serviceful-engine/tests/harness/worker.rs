//! A worker, and what it asks of the front.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use store::KeyValues as _;
use tokio::sync::mpsc;
use types::{AppName, Digest, Grants, KvAnswer, RunLimits, UnixMillis};
use wire::{
    Channel, Frame, Sender,
    keeper::Typed,
    work::{
        Answer as Said, Ask, Assign, Hello, Invoke, Load, Loaded, Prepare, Probe, Question, SecretAnswer, Told,
        to_front, to_worker,
    },
};

use super::{Answer, Artefact, Exchange, Key, PATIENCE, Process, compile, frame, nameless, spawn};

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

    pub(super) fn open(&self) -> (u32, mpsc::UnboundedReceiver<Frame>) {
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

pub(super) async fn loaded(mut from: mpsc::UnboundedReceiver<Frame>) -> Loaded {
    let frame = tokio::time::timeout(PATIENCE, from.recv()).await.expect("no answer").expect("the worker died");
    assert_eq!(frame.kind, to_front::LOADED);
    frame.message().unwrap()
}
