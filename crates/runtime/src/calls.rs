//! What is under way on one worker's channel, and what the worker may still say about each of it.
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use tokio::time::Instant;
use types::{FunctionName, FunctionTarget, RequestId};
use wire::{
    CHUNK_BYTES_MAX, FRAME_BYTES_MAX, Frame, FrameError,
    work::{Ask, Credit, DeniedHatch, Ended, Failure, LogStream, Question, to_front},
};

use crate::{
    asking::{self, Of},
    desk::Asked,
    stream::{Said, Stream},
    text::plain,
};

/// A line has 4 KiB in a worker, and up to six times that once its control characters are written out.
const LOG_BYTES_MAX: usize = 32 << 10;
/// Reasons are sentences.
const REASON_BYTES_MAX: usize = 16 << 10;
/// Everything of fixed shape.
const SMALL_BYTES_MAX: usize = 4 << 10;
/// Longest text of a log line that is kept.
const LINE_BYTES_MAX: usize = 16 << 10;
/// Longest place in a source.
const PLACE_BYTES_MAX: usize = 300;
/// Longest name of a hatch, and what was wanted of it.
const HATCH_BYTES_MAX: usize = 64;
const WANTED_BYTES_MAX: usize = 1_024;

/// What a stream was opened for.
#[derive(Debug)]
pub(crate) enum Purpose {
    /// A load or a probe: one `LOADED` ends it.
    Load,
    /// A call: head, body, end or failure, and `ENDED` last. Log lines come in between.
    Invoke { request: RequestId, target: Arc<FunctionTarget>, of: Arc<Of> },
}

/// What a worker said that goes elsewhere than to its call. Request and function are what the front knows of the call.
#[derive(Debug)]
pub(crate) enum Beside {
    Log { request: RequestId, function: FunctionName, stream: LogStream, text: String, place: Option<String> },
    Denied { request: RequestId, function: FunctionName, hatch: String, wanted: String },
    Asked(Asked),
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Awaited,
    Body,
    /// Complete, or failed.
    Over,
}

#[derive(Debug)]
struct Call {
    stream: Stream,
    purpose: Purpose,
    phase: Phase,
    /// Questions so far for what was granted, and about the caller.
    asks: u64,
    allowed: u32,
    /// A worker that has not ended it by then ignores its own clock.
    late_at: Instant,
}

struct Table {
    open: HashMap<u32, Call>,
    quiet_since: Instant,
}

/// See the module.
pub(crate) struct Calls {
    table: Mutex<Table>,
    next: AtomicU32,
}

impl Calls {
    pub(crate) fn new() -> Self {
        let table = Table { open: HashMap::new(), quiet_since: Instant::now() };
        Self { table: Mutex::new(table), next: AtomicU32::new(1) }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open(&self, purpose: Purpose, late_at: Instant) -> (u32, Stream) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let stream = Stream::new();
        let call = Call { stream: stream.clone(), purpose, phase: Phase::Awaited, asks: 0, allowed: 0, late_at };
        self.lock().open.insert(id, call);
        (id, stream)
    }

    /// The worker has not said its last word on it.
    pub(crate) fn is_open(&self, id: u32) -> bool {
        self.lock().open.contains_key(&id)
    }

    /// Since when nothing is under way; `None` while something is.
    pub(crate) fn quiet_since(&self) -> Option<Instant> {
        let table = self.lock();
        table.open.is_empty().then_some(table.quiet_since)
    }

    /// Something should have ended before `now`.
    pub(crate) fn any_late(&self, now: Instant) -> bool {
        self.lock().open.values().any(|call| call.late_at <= now)
    }

    /// The worker is gone: everything under way is lost.
    pub(crate) fn lose(&self, lie: Option<&str>) {
        for (_, call) in self.lock().open.drain() {
            let _ = call.stream.put(Said::Lost { lie: lie.map(str::to_owned) });
        }
    }

    /// One frame. `Err` names the rule that it broke.
    pub(crate) fn take(&self, frame: &Frame) -> Result<Option<Beside>, String> {
        let mut table = self.lock();
        // SECURITY: a stream that we never opened, or that ended, is a worker reaching for somebody else's call.
        let Some(call) = table.open.get_mut(&frame.stream) else {
            return Err(format!("stream {} is not open", frame.stream));
        };
        // Lengths first: nothing is decoded that is longer than an honest worker makes it.
        let (bytes, max) = (frame.payload.len(), call.most(frame.kind)?);
        if bytes > max {
            return Err(format!("a frame of kind {} has {bytes} bytes; at most {max} may come", frame.kind));
        }
        let beside = call.take(frame)?;
        if matches!(frame.kind, to_front::ENDED | to_front::LOADED) {
            table.open.remove(&frame.stream);
            table.quiet_since = Instant::now();
        }
        Ok(beside)
    }
}

fn message<T: serde::de::DeserializeOwned>(frame: &Frame) -> Result<T, String> {
    frame.message().map_err(|e| e.to_string())
}

impl Call {
    /// Longest payload of a frame of this kind.
    fn most(&self, kind: u8) -> Result<usize, String> {
        match (&self.purpose, kind) {
            (Purpose::Load, to_front::LOADED) | (Purpose::Invoke { .. }, to_front::FAILED) => Ok(REASON_BYTES_MAX),
            (Purpose::Invoke { target, .. }, to_front::HEAD | to_front::BODY_END) => {
                // Two lengths a field at most treble the shortest field.
                Ok(usize::try_from(target.limits.header_bytes)
                    .unwrap_or(usize::MAX)
                    .saturating_mul(3)
                    .saturating_add(64))
            }
            (Purpose::Invoke { .. }, to_front::BODY) => Ok(CHUNK_BYTES_MAX),
            (Purpose::Invoke { .. }, to_front::ASK) => Ok(FRAME_BYTES_MAX),
            (Purpose::Invoke { .. }, to_front::LOG) => Ok(LOG_BYTES_MAX),
            (Purpose::Invoke { .. }, to_front::DENIED | to_front::CREDIT | to_front::ENDED) => Ok(SMALL_BYTES_MAX),
            _ => Err(FrameError::Unknown { kind }.to_string()),
        }
    }

    fn take(&mut self, frame: &Frame) -> Result<Option<Beside>, String> {
        match frame.kind {
            to_front::LOG => return self.log(frame).map(Some),
            to_front::DENIED => return self.denied(frame).map(Some),
            to_front::ASK => return self.asked(frame).map(Some),
            to_front::ENDED => {
                let ended: Ended = message(frame)?;
                self.stream.put(Said::Ended)?;
                if ended.log_bytes_dropped > 0 {
                    let limit = "its limit `log_bytes_per_second`";
                    return Ok(
                        self.note(format!("{} bytes of output were dropped by {limit}", ended.log_bytes_dropped))
                    );
                }
            }
            // Nobody wants the answer any more; what was on its way when we said so is no lie.
            _ if self.phase != Phase::Over && self.stream.is_closed() => {}
            to_front::CREDIT => {
                let credit: Credit = message(frame)?;
                self.stream.give_request_credit(credit.bytes)?;
            }
            to_front::LOADED => self.stream.put(Said::Loaded(message(frame)?))?,
            to_front::FAILED if self.phase == Phase::Body => {
                // The head has gone out, so no status can say it any more.
                let failure: Failure = message(frame)?;
                let note = self.note(plain(&format!("the response broke off: {failure}"), LINE_BYTES_MAX));
                self.answer(frame)?;
                return Ok(note);
            }
            _ => self.answer(frame)?,
        }
        Ok(None)
    }

    /// A line of our own in the app's log.
    fn note(&self, text: String) -> Option<Beside> {
        let Purpose::Invoke { request, target, .. } = &self.purpose else { return None };
        let (request, function) = (*request, target.function.clone());
        Some(Beside::Log { request, function, stream: LogStream::Platform, text, place: None })
    }

    /// Head, pieces, then one end or one failure.
    fn answer(&mut self, frame: &Frame) -> Result<(), String> {
        let (said, next) = match (frame.kind, self.phase) {
            (to_front::HEAD, Phase::Awaited) => (Said::Head(message(frame)?), Phase::Body),
            (to_front::HEAD, _) => return Err("it answered twice".into()),
            (to_front::BODY | to_front::BODY_END, Phase::Awaited) => return Err("a body came before its head".into()),
            (_, Phase::Over) => return Err("it spoke after the end of its answer".into()),
            (to_front::BODY, _) if frame.payload.is_empty() => return Err("a piece of a body is empty".into()),
            (to_front::BODY, _) => (Said::Body(Bytes::clone(&frame.payload)), Phase::Body),
            (to_front::BODY_END, _) => (Said::BodyEnd(message(frame)?), Phase::Over),
            _ => (Said::Failed(message(frame)?), Phase::Over),
        };
        self.phase = next;
        Ok(self.stream.put(said)?)
    }

    /// A line must name the call whose stream it came on, or a worker could write into other requests' records.
    fn of(&self, claimed: RequestId) -> Result<(RequestId, FunctionName), String> {
        match &self.purpose {
            Purpose::Invoke { request, target, .. } if *request == claimed => Ok((*request, target.function.clone())),
            _ => Err("it spoke for a request that it was not given".into()),
        }
    }

    fn log(&self, frame: &Frame) -> Result<Beside, String> {
        let log: wire::work::Log = message(frame)?;
        let (request, function) = self.of(log.request)?;
        let text = plain(&log.text, LINE_BYTES_MAX);
        let place = log.place.map(|place| plain(&place, PLACE_BYTES_MAX));
        Ok(Beside::Log { request, function, stream: log.stream, text, place })
    }

    fn denied(&self, frame: &Frame) -> Result<Beside, String> {
        let denied: DeniedHatch = message(frame)?;
        let (request, function) = self.of(denied.request)?;
        let (hatch, wanted) = (plain(&denied.hatch, HATCH_BYTES_MAX), plain(&denied.wanted, WANTED_BYTES_MAX));
        Ok(Beside::Denied { request, function, hatch, wanted })
    }

    /// A question of the call whose stream it came on, whatever it says.
    fn asked(&mut self, frame: &Frame) -> Result<Beside, String> {
        let Purpose::Invoke { request, target, of } = &self.purpose else {
            return Err("it asked for something on a stream that is no call's".into());
        };
        let Ask { number, question } = message(frame)?;
        let nth = if let Question::Allowed { action, resource } = &question {
            asking::admit(action, resource, self.allowed)?;
            self.allowed += 1;
            self.allowed - 1
        } else {
            self.asks += 1;
            if self.asks > target.limits.kv_calls.saturating_add(types::SECRETS_MAX as u64) {
                return Err("it asked more often than the limits of its call allow".into());
            }
            0
        };
        let (stream, request, target, of) = (frame.stream, *request, target.clone(), of.clone());
        Ok(Beside::Asked(Asked { stream, number, nth, request, target, of, question }))
    }
}
