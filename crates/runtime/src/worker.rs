//! One worker process: its channel, the calls under way on it, and what it has loaded.
use std::{
    collections::HashMap,
    os::fd::OwnedFd,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use types::{Digest, EngineBuild, RequestId};
use wire::{
    Channel, Frame, FrameError, Receiver, Sender, encode,
    work::{self, to_front, to_worker},
};

use crate::{
    error::RunError,
    stream::{Said, Stream},
};

/// What the reader passes on that belongs to no single call.
pub(crate) trait Aside: Send + Sync {
    fn log(&self, log: work::Log);
    fn denied(&self, denied: work::DeniedHatch);
    /// The channel ended; `lie` names the broken rule when it was one.
    fn over(&self, lie: Option<&str>);
}

struct Call {
    stream: Stream,
    request: Option<RequestId>,
    headed: bool,
    ended: bool,
}

/// A worker that said hello.
pub(crate) struct Worker {
    pub(crate) pid: u32,
    pub(crate) build: EngineBuild,
    /// JSON of its jail's report.
    pub(crate) posture: String,
    pub(crate) sender: Sender,
    calls: Mutex<HashMap<u32, Call>>,
    next: AtomicU32,
    /// Components that it said are ready.
    loaded: Mutex<HashMap<Digest, ()>>,
    /// One load at a time: the second caller finds the component ready.
    pub(crate) loading: tokio::sync::Mutex<()>,
    pub(crate) busy: AtomicUsize,
    /// When it last had work, in milliseconds of the monotonic clock.
    pub(crate) used_at_ms: AtomicU64,
    gone: AtomicBool,
    /// It gave at least one answer: its end, whenever it comes, is not a failure to start.
    pub(crate) served: Arc<AtomicBool>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Worker {
    /// Takes over the channel of a process that just started, and waits for its hello.
    pub(crate) async fn greet(
        pid: u32,
        fd: OwnedFd,
        build: &EngineBuild,
    ) -> Result<(Arc<Self>, Receiver), crate::StartError> {
        let channel = |e: &dyn std::fmt::Display| crate::StartError::Channel { reason: e.to_string() };
        let Channel { sender, mut receiver } = Channel::new(fd).map_err(|e| channel(&e))?;
        let frame = receiver.next().await.map_err(|_| crate::StartError::Died)?;
        if frame.kind != to_front::HELLO {
            return Err(channel(&FrameError::Unknown { kind: frame.kind }));
        }
        let hello: work::Hello = frame.message().map_err(|e| channel(&e))?;
        if hello.build != *build {
            return Err(crate::StartError::Build { wanted: build.to_string(), found: hello.build.to_string() });
        }
        let worker = Self {
            pid,
            build: hello.build,
            posture: hello.posture,
            sender,
            calls: Mutex::default(),
            next: AtomicU32::new(1),
            loaded: Mutex::default(),
            loading: tokio::sync::Mutex::default(),
            busy: AtomicUsize::new(0),
            used_at_ms: AtomicU64::new(0),
            gone: AtomicBool::new(false),
            served: Arc::default(),
        };
        Ok((Arc::new(worker), receiver))
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    pub(crate) fn has(&self, component: &Digest) -> bool {
        lock(&self.loaded).contains_key(component)
    }

    pub(crate) fn set_loaded(&self, component: Digest, yes: bool) {
        let mut loaded = lock(&self.loaded);
        if yes {
            loaded.insert(component, ());
        } else {
            loaded.remove(&component);
        }
    }

    /// Opens a stream. `request` is what log lines of the call must name.
    pub(crate) fn open(&self, request: Option<RequestId>) -> (u32, Stream) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let stream = Stream::new();
        if self.is_gone() {
            let _ = stream.put(Said::Lost { lie: None });
        }
        lock(&self.calls).insert(id, Call { stream: stream.clone(), request, headed: false, ended: false });
        if self.is_gone() {
            self.close_all(None);
        }
        (id, stream)
    }

    /// The call wants nothing more: a cancel is sent unless the worker ended it already.
    pub(crate) fn abandon(&self, id: u32) {
        let known = lock(&self.calls).get(&id).is_some_and(|call| !call.ended);
        if known {
            let _ = self.sender.send(vec![Frame::new(to_worker::CANCEL, id, Bytes::new())]);
        }
    }

    /// Asks it to finish what runs and end.
    pub(crate) fn drain(&self) {
        let _ = self.sender.send(vec![Frame::new(to_worker::DRAIN, 0, Bytes::new())]);
    }

    /// Says which app it belongs to, for ever.
    pub(crate) fn assign(&self, assign: &work::Assign) -> Result<(), RunError> {
        let payload = encode(assign).map_err(|e| RunError::Lied { reason: e.to_string() })?;
        Ok(self.sender.send(vec![Frame::new(to_worker::ASSIGN, 0, payload)])?)
    }

    /// Reads until the worker is gone or lies. Run as a task of its own.
    pub(crate) async fn read(self: Arc<Self>, mut receiver: Receiver, aside: Box<dyn Aside>) {
        let lie = loop {
            let frame = match receiver.next().await {
                Ok(frame) => frame,
                Err(wire::ChannelError::Gone | wire::ChannelError::Io(_)) => break None,
                Err(error) => break Some(error.to_string()),
            };
            if let Err(lie) = self.take(frame, &*aside) {
                break Some(lie);
            }
        };
        self.gone.store(true, Ordering::Release);
        self.close_all(lie.as_deref());
        aside.over(lie.as_deref());
    }

    fn close_all(&self, lie: Option<&str>) {
        for (_, call) in lock(&self.calls).drain() {
            let _ = call.stream.put(Said::Lost { lie: lie.map(str::to_owned) });
        }
    }

    /// One frame. `Err` names the rule it broke.
    fn take(&self, frame: Frame, aside: &dyn Aside) -> Result<(), String> {
        let message = |e: FrameError| e.to_string();
        match frame.kind {
            to_front::LOG => {
                let log: work::Log = frame.message().map_err(message)?;
                self.check_request(log.request)?;
                aside.log(log);
                Ok(())
            }
            to_front::DENIED => {
                let denied: work::DeniedHatch = frame.message().map_err(message)?;
                self.check_request(denied.request)?;
                aside.denied(denied);
                Ok(())
            }
            to_front::CREDIT => {
                let credit: work::Credit = frame.message().map_err(message)?;
                self.with(frame.stream, |call| call.stream.give_request_credit(credit.bytes))
            }
            _ => self.take_of_call(frame),
        }
    }

    fn take_of_call(&self, frame: Frame) -> Result<(), String> {
        let said = match frame.kind {
            to_front::HEAD => Said::Head(frame.message().map_err(|e| e.to_string())?),
            to_front::BODY if frame.payload.len() <= wire::CHUNK_BYTES_MAX => Said::Body(frame.payload.clone()),
            to_front::BODY => return Err("a piece of a body is too long".into()),
            to_front::BODY_END => Said::BodyEnd(frame.message().map_err(|e| e.to_string())?),
            to_front::FAILED => Said::Failed(frame.message().map_err(|e| e.to_string())?),
            to_front::ENDED => frame.message::<work::Ended>().map(|_| Said::Ended).map_err(|e| e.to_string())?,
            to_front::LOADED => Said::Loaded(frame.message().map_err(|e| e.to_string())?),
            kind => return Err(FrameError::Unknown { kind }.to_string()),
        };
        let over = matches!(said, Said::Ended | Said::Loaded(_));
        self.with(frame.stream, |call| {
            match &said {
                Said::Head(_) if call.headed => return Err("it answered twice"),
                Said::Head(_) => call.headed = true,
                Said::Body(_) | Said::BodyEnd(_) if !call.headed => return Err("a body came before its head"),
                _ => {}
            }
            call.ended = over;
            call.stream.put(said)
        })?;
        if over {
            lock(&self.calls).remove(&frame.stream);
        }
        Ok(())
    }

    fn with(&self, id: u32, act: impl FnOnce(&mut Call) -> Result<(), &'static str>) -> Result<(), String> {
        match lock(&self.calls).get_mut(&id) {
            Some(call) => act(call).map_err(str::to_owned),
            // SECURITY: a stream that we never opened, or that ended, is a worker reaching for somebody else's call.
            None => Err(format!("stream {id} is not open")),
        }
    }

    /// A log line must name a call that is under way here, or a worker could write into other requests' records.
    fn check_request(&self, request: RequestId) -> Result<(), String> {
        let known = lock(&self.calls).values().any(|call| call.request == Some(request));
        if known { Ok(()) } else { Err("it spoke for a request that it was not given".into()) }
    }
}
