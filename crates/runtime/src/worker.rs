//! One worker process: its channel, the calls under way on it, and what it has loaded.
use std::{
    collections::HashSet,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::time::Instant;
use types::{AppName, Digest, EngineBuild};
use wire::{
    Channel, ChannelError, Frame, FrameError, Receiver, Sender, encode,
    work::{self, to_front, to_worker},
};

use crate::{
    calls::{Beside, Calls, Purpose},
    desk::Asked,
    error::RunError,
    processes::Processes,
    stream::{Said, Stream},
};

/// Longest hello: a build and a jail's report.
const HELLO_BYTES_MAX: usize = 64 << 10;
/// A worker that was asked to end, and has nothing under way, is given so long.
const DRAIN_QUIET: Duration = Duration::from_secs(5);
/// However much is under way: the longest call (120 s), and some.
const DRAIN_MAX: Duration = Duration::from_secs(125);

/// What the reader passes on that belongs to no single call.
pub(crate) trait Aside: Send + Sync {
    fn beside(&self, said: Beside);
    /// A call asks for something; there is a place for the question.
    fn asked(&self, worker: &Arc<Worker>, asked: Asked);
    /// The channel ended.
    fn over(&self, worker: Arc<Worker>);
}

/// Why we ended a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The rule that it broke.
    Lied(String),
    Ended(&'static str),
}

impl Verdict {
    pub(crate) fn lie(&self) -> Option<&str> {
        if let Self::Lied(lie) = self { Some(lie) } else { None }
    }
}

/// A worker that said hello.
pub(crate) struct Worker {
    pub(crate) pid: u32,
    pub(crate) build: EngineBuild,
    /// JSON of its jail's report.
    pub(crate) posture: String,
    processes: Arc<dyn Processes>,
    sender: Sender,
    pub(crate) calls: Calls,
    /// Components that it said are ready.
    loaded: Mutex<HashSet<Digest>>,
    /// One load at a time: the second caller finds the component ready.
    pub(crate) loading: tokio::sync::Mutex<()>,
    pub(crate) busy: AtomicUsize,
    /// When it last had work, in milliseconds of the monotonic clock.
    pub(crate) used_at_ms: AtomicU64,
    gone: AtomicBool,
    /// It gave at least one answer: its end, whenever it comes, is not a failure to start.
    pub(crate) served: AtomicBool,
    /// When it was asked to end.
    draining: OnceLock<Instant>,
    verdict: OnceLock<Verdict>,
    /// Questions that were not answered yet.
    pub(crate) asking: AtomicUsize,
    /// Answers are sent one at a time.
    pub(crate) telling: tokio::sync::Mutex<()>,
}

impl Worker {
    /// Takes over the channel of a process that just started, and waits for its hello.
    pub(crate) async fn greet(
        pid: u32,
        fd: OwnedFd,
        build: &EngineBuild,
        processes: Arc<dyn Processes>,
    ) -> Result<(Arc<Self>, Receiver), crate::StartError> {
        let channel = |e: &dyn std::fmt::Display| crate::StartError::Channel { reason: e.to_string() };
        let Channel { sender, mut receiver } = Channel::new(fd).map_err(|e| channel(&e))?;
        let frame = receiver.next().await.map_err(|_| crate::StartError::Died)?;
        if frame.kind != to_front::HELLO {
            return Err(channel(&FrameError::Unknown { kind: frame.kind }));
        }
        if frame.payload.len() > HELLO_BYTES_MAX {
            return Err(channel(&FrameError::TooLong { bytes: frame.payload.len(), max: HELLO_BYTES_MAX }));
        }
        let hello: work::Hello = frame.message().map_err(|e| channel(&e))?;
        if hello.build != *build {
            return Err(crate::StartError::Build { wanted: build.to_string(), found: hello.build.to_string() });
        }
        let worker = Self {
            pid,
            build: hello.build,
            posture: hello.posture,
            processes,
            sender,
            calls: Calls::new(),
            loaded: Mutex::default(),
            loading: tokio::sync::Mutex::default(),
            busy: AtomicUsize::new(0),
            used_at_ms: AtomicU64::new(0),
            gone: AtomicBool::new(false),
            served: AtomicBool::new(false),
            draining: OnceLock::new(),
            verdict: OnceLock::new(),
            asking: AtomicUsize::new(0),
            telling: tokio::sync::Mutex::default(),
        };
        Ok((Arc::new(worker), receiver))
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    pub(crate) fn has(&self, component: &Digest) -> bool {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).contains(component)
    }

    pub(crate) fn set_loaded(&self, component: Digest, yes: bool) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if yes {
            loaded.insert(component);
        } else {
            loaded.remove(&component);
        }
    }

    /// Opens a stream; a worker that has not ended it at `late_at` is ended.
    pub(crate) fn open(&self, purpose: Purpose, late_at: Instant) -> (u32, Stream) {
        let (id, stream) = self.calls.open(purpose, late_at);
        if self.is_gone() {
            self.lose();
            // Whoever emptied the table may have come before us.
            let _ = stream.put(Said::Lost { lie: None });
        }
        (id, stream)
    }

    /// The call wants nothing more: a cancel is sent unless the worker ended it already.
    pub(crate) fn abandon(&self, id: u32) {
        if self.calls.is_open(id) {
            let _ = self.send(vec![Frame::new(to_worker::CANCEL, id, Bytes::new())]);
        }
    }

    /// Sends frames. A worker that cannot be reached, or leaves too much unread, is ended.
    pub(crate) fn send(&self, frames: Vec<Frame>) -> Result<(), ChannelError> {
        self.reached(self.sender.send(frames))
    }

    /// As [`Worker::send`], together with what other calls send at the same time.
    pub(crate) fn post(&self, frames: Vec<Frame>) -> Result<(), ChannelError> {
        self.reached(self.sender.post(frames))
    }

    fn reached(&self, sent: Result<(), ChannelError>) -> Result<(), ChannelError> {
        if let Err(ChannelError::Gone | ChannelError::Stuck { .. } | ChannelError::Io(_)) = &sent {
            self.end(Verdict::Ended("it could not be reached"));
        }
        sent
    }

    /// Waits until the worker has taken enough that sending more is fair.
    pub(crate) async fn ready(&self) -> Result<(), ChannelError> {
        self.sender.ready().await
    }

    /// Ends it now. The first verdict stands.
    pub(crate) fn end(&self, verdict: Verdict) {
        let _ = self.verdict.set(verdict);
        self.gone.store(true, Ordering::Release);
        self.processes.kill(self.pid);
    }

    pub(crate) fn verdict(&self) -> Option<&Verdict> {
        self.verdict.get()
    }

    /// Asks it to finish what runs and end; [`Worker::look_after`] sees to it that it does.
    pub(crate) fn drain(&self) {
        if self.draining.set(Instant::now()).is_ok() {
            let _ = self.send(vec![Frame::new(to_worker::DRAIN, 0, Bytes::new())]);
        }
    }

    pub(crate) fn was_asked_to_end(&self) -> bool {
        self.draining.get().is_some()
    }

    /// SECURITY: a worker that ignores its own clock, or a request to end, may be somebody else's by now.
    pub(crate) fn look_after(&self, now: Instant) {
        if self.is_gone() {
            return;
        }
        if self.calls.any_late(now) {
            return self.end(Verdict::Ended("a call was not over when its time was"));
        }
        let Some(asked) = self.draining.get() else { return };
        let quiet = self.calls.quiet_since().is_some_and(|since| now >= since.max(*asked) + DRAIN_QUIET);
        if quiet || now >= *asked + DRAIN_MAX {
            self.end(Verdict::Ended("it did not end when it was asked to"));
        }
    }

    /// Says whose signature counts, for ever.
    pub(crate) fn prepare(&self, artefact_key: [u8; 32]) -> Result<(), RunError> {
        self.tell(to_worker::PREPARE, &work::Prepare { artefact_key })
    }

    /// Says which app it belongs to, for ever.
    pub(crate) fn assign(&self, app: AppName) -> Result<(), RunError> {
        self.tell(to_worker::ASSIGN, &work::Assign { app })
    }

    fn tell(&self, kind: u8, message: &impl serde::Serialize) -> Result<(), RunError> {
        let payload = encode(message).map_err(|e| RunError::Lied { reason: e.to_string() })?;
        Ok(self.send(vec![Frame::new(kind, 0, payload)])?)
    }

    /// Reads until the worker is gone or lies. Run as a task of its own.
    pub(crate) async fn read(self: Arc<Self>, mut receiver: Receiver, aside: Box<dyn Aside>) {
        let lie = loop {
            let frame = match receiver.next().await {
                Ok(frame) => frame,
                Err(ChannelError::Gone | ChannelError::Io(_)) => break None,
                Err(error) => break Some(error.to_string()),
            };
            match self.calls.take(&frame) {
                Ok(None) => {}
                Ok(Some(Beside::Asked(asked))) => {
                    // SECURITY: an honest worker waits for a place; each question may hold as much memory as a frame, twice.
                    if self.asking.fetch_add(1, Ordering::AcqRel) >= work::ASKS_MAX {
                        break Some(format!("it asked more than {} questions at once", work::ASKS_MAX));
                    }
                    aside.asked(&self, asked);
                }
                Ok(Some(said)) => aside.beside(said),
                Err(lie) => break Some(lie),
            }
        };
        if let Some(lie) = lie {
            let _ = self.verdict.set(Verdict::Lied(lie));
        }
        self.gone.store(true, Ordering::Release);
        self.lose();
        aside.over(self);
    }

    fn lose(&self) {
        self.calls.lose(self.verdict().and_then(Verdict::lie));
    }
}
