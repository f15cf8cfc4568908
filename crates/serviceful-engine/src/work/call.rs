//! One call: what the channel's reader, the guest's host functions and the task that drives the guest share.
use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http::HeaderMap;
use serde::Serialize;
use types::{Caller, FunctionName, Grants, GroupName, RequestId, RunLimits, SecretName};
use wasmtime_wasi_http::WasiBody;
use wire::{
    Frame,
    keeper::Typed,
    work::{ALLOWED_MAX, CREDIT_BYTES, Credit, DeniedHatch, Ended, Log, LogStream, to_front},
};

use super::{desk::Desk, fields, logs::Budget, meter::Meter, redact::Revealed};
use crate::{clock::monotonic_ns, door::frame};

/// Request body bytes taken before credit goes back: a few grants a window, not one a piece.
const CREDIT_STEP: u32 = CREDIT_BYTES / 4;
/// Most refused uses of hatches that one call reports.
const DENIED_MAX: u32 = 16;
/// Longest `wanted` of a report, in characters.
const WANTED_CHARS: usize = 200;

/// Why a call is stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Nobody wants the answer.
    Cancelled,
    /// `wall_ms` is over.
    WallTime,
}

/// A limit that the guest reached, with what to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) limit: &'static str,
    pub(crate) reason: String,
}

/// A guest's answer, before its body has come.
pub(crate) type Answer = Result<http::Response<WasiBody>, String>;

/// See the module.
pub(crate) struct Call {
    pub(crate) stream: u32,
    /// Request and function; nothing for a probe, which has neither.
    serves: Option<(RequestId, FunctionName)>,
    /// The export of a JavaScript module that answers, when it is not the default one.
    pub(crate) handler: Option<String>,
    pub(crate) limits: RunLimits,
    pub(crate) grants: Grants,
    pub(crate) caller: Caller,
    /// Those that the app declares.
    pub(crate) groups: Vec<GroupName>,
    /// Where it asks for what it was granted and the worker does not have.
    pub(crate) desk: Arc<Desk>,
    pub(crate) meter: Meter,
    began_ns: u64,
    ends_ns: u64,
    /// Wakes the task that drives the guest.
    pub(crate) task: AtomicWaker,
    state: Mutex<State>,
}

struct State {
    /// Frames for the front, sent together when the guest pauses.
    out: Vec<Frame>,
    body: Inbound,
    /// Response body bytes that may be sent.
    credit: u32,
    stop: Option<Stop>,
    reached: Option<Reached>,
    answer: Option<Answer>,
    /// There was an answer, taken or not.
    begun: bool,
    logs: Budget,
    revealed: Revealed,
    /// Questions to the key-value store so far.
    kv_calls: u64,
    denied: u32,
    /// The response is complete: a guest that still runs may end.
    answered: bool,
    memory_peak: u64,
    waits_for_answered: Option<Waker>,
    /// Questions about the caller so far.
    allowed_calls: u32,
}

/// The request body as it comes.
#[derive(Default)]
struct Inbound {
    pieces: VecDeque<Bytes>,
    received: u64,
    end: Option<Ending>,
    /// Taken by the guest, not yet given back as credit.
    untold: u32,
    reader: Option<Waker>,
}

/// How a request body ends.
enum Ending {
    Complete(Option<HeaderMap>),
    Broken(String),
}

/// One step of a request body.
pub(crate) enum Piece {
    Data(Bytes),
    Trailers(HeaderMap),
    End,
    Broken(String),
}

/// What makes a call; everything else begins empty.
pub(crate) struct Origin {
    pub(crate) stream: u32,
    pub(crate) serves: Option<(RequestId, FunctionName)>,
    pub(crate) handler: Option<String>,
    pub(crate) limits: RunLimits,
    pub(crate) grants: Grants,
    pub(crate) caller: Caller,
    pub(crate) groups: Vec<GroupName>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) wall_ms: u64,
    pub(crate) has_body: bool,
}

impl Call {
    pub(crate) fn new(origin: Origin) -> Self {
        let Origin { stream, serves, handler, limits, grants, caller, groups, desk, wall_ms, has_body } = origin;
        let began_ns = monotonic_ns();
        let wall_ns = wall_ms.min(limits.wall_ms).saturating_mul(1_000_000);
        let mut body = Inbound::default();
        if !has_body {
            body.end = Some(Ending::Complete(None));
        }
        let state = State {
            out: Vec::with_capacity(4),
            body,
            credit: CREDIT_BYTES,
            stop: None,
            reached: None,
            answer: None,
            begun: false,
            logs: Budget::new(limits.log_bytes_per_second, began_ns),
            revealed: Revealed::default(),
            kv_calls: 0,
            denied: 0,
            answered: false,
            memory_peak: 0,
            waits_for_answered: None,
            allowed_calls: 0,
        };
        let meter = Meter::new(limits.cpu_ms);
        let ends_ns = began_ns.saturating_add(wall_ns);
        let (task, state) = (AtomicWaker::new(), Mutex::new(state));
        Self { stream, serves, handler, limits, grants, caller, groups, desk, meter, began_ns, ends_ns, task, state }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a message for the next sending.
    pub(crate) fn tell<T: Serialize>(&self, kind: u8, message: &T) {
        // Our own message types always encode; were one not to, the front would see the stream end without it.
        if let Ok(frame) = frame(kind, self.stream, message) {
            self.lock().out.push(frame);
        }
    }

    /// Keeps a frame for the next sending.
    pub(crate) fn push(&self, frame: Frame) {
        self.lock().out.push(frame);
    }

    /// The frames to send now.
    pub(crate) fn take_out(&self) -> Vec<Frame> {
        std::mem::take(&mut self.lock().out)
    }

    // --- stopping ---

    pub(crate) fn stop(&self, why: Stop) {
        self.lock().stop.get_or_insert(why);
        self.task.wake();
    }

    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.lock().stop
    }

    /// Stops the call when its wall time is over.
    pub(crate) fn stop_if_late(&self, now_ns: u64) {
        if now_ns >= self.ends_ns {
            self.stop(Stop::WallTime);
        }
    }

    /// Remembers the first limit that the guest reached: what fails next fails because of it.
    pub(crate) fn reach(&self, limit: &'static str, reason: String) {
        self.lock().reached.get_or_insert(Reached { limit, reason });
    }

    pub(crate) fn reached(&self) -> Option<Reached> {
        self.lock().reached.clone()
    }

    // --- the answer ---

    pub(crate) fn answer(&self, answer: Answer) {
        let mut state = self.lock();
        (state.answer, state.begun) = (Some(answer), true);
    }

    /// Whether the guest has begun to answer.
    pub(crate) fn has_answered(&self) -> bool {
        self.lock().begun
    }

    pub(crate) fn take_answer(&self) -> Option<Answer> {
        self.lock().answer.take()
    }

    pub(crate) fn add_credit(&self, bytes: u32) {
        {
            let mut state = self.lock();
            state.credit = state.credit.saturating_add(bytes);
        }
        self.task.wake();
    }

    pub(crate) fn credit(&self) -> u32 {
        self.lock().credit
    }

    pub(crate) fn spend_credit(&self, bytes: u32) {
        let mut state = self.lock();
        state.credit = state.credit.saturating_sub(bytes);
    }

    /// The whole response is under way.
    pub(crate) fn set_answered(&self) {
        let waiting = {
            let mut state = self.lock();
            state.answered = true;
            state.waits_for_answered.take()
        };
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }

    /// Ready when the whole response is under way.
    pub(crate) fn poll_answered(&self, waker: &Waker) -> Poll<()> {
        let mut state = self.lock();
        if state.answered {
            return Poll::Ready(());
        }
        state.waits_for_answered = Some(waker.clone());
        Poll::Pending
    }

    /// One more question about the caller; `false` when that would be too many.
    pub(crate) fn count_allowed(&self) -> bool {
        let mut state = self.lock();
        let fits = state.allowed_calls < ALLOWED_MAX;
        state.allowed_calls += u32::from(fits);
        fits
    }

    // --- the request body ---

    /// A piece has come. `false`: more than the credit allowed, which only a broken front sends.
    #[must_use]
    pub(crate) fn body_piece(&self, piece: Bytes) -> bool {
        let mut state = self.lock();
        let waiting: usize = state.body.pieces.iter().map(Bytes::len).sum();
        if waiting + piece.len() > CREDIT_BYTES as usize {
            return false;
        }
        state.body.received += piece.len() as u64;
        if state.body.received > self.limits.request_kib << 10 {
            let reason = format!("the request body is larger than {} KiB", self.limits.request_kib);
            state.body.end = Some(Ending::Broken(reason.clone()));
            state.reached.get_or_insert(Reached { limit: "request_kib", reason });
        } else if state.body.end.is_none() && !piece.is_empty() {
            state.body.pieces.push_back(piece);
        }
        wake_reader(state);
        true
    }

    pub(crate) fn body_end(&self, trailers: wire::work::Fields) {
        let ending = match fields::to_map(trailers) {
            Ok(map) if map.is_empty() => Ending::Complete(None),
            Ok(map) => Ending::Complete(Some(map)),
            Err(name) => Ending::Broken(format!("the request trailer `{name}` is malformed")),
        };
        self.end_body(ending);
    }

    pub(crate) fn body_abort(&self) {
        self.end_body(Ending::Broken("the client went away before its request was complete".into()));
    }

    fn end_body(&self, ending: Ending) {
        let mut state = self.lock();
        state.body.end.get_or_insert(ending);
        wake_reader(state);
    }

    /// What the guest reads next. Gives credit back for what it takes.
    pub(crate) fn poll_body(&self, waker: &Waker) -> Poll<Piece> {
        let mut state = self.lock();
        if let Some(piece) = state.body.pieces.pop_front() {
            state.body.untold = state.body.untold.saturating_add(u32::try_from(piece.len()).unwrap_or(u32::MAX));
            if state.body.untold >= CREDIT_STEP && state.body.end.is_none() {
                let credit = Credit { bytes: std::mem::take(&mut state.body.untold) };
                if let Ok(frame) = frame(to_front::CREDIT, self.stream, &credit) {
                    state.out.push(frame);
                    // The driver sends what is waiting when the guest pauses; a reader in a loop must not outrun it.
                }
            }
            return Poll::Ready(Piece::Data(piece));
        }
        match &mut state.body.end {
            Some(Ending::Complete(trailers)) => Poll::Ready(trailers.take().map_or(Piece::End, Piece::Trailers)),
            Some(Ending::Broken(reason)) => Poll::Ready(Piece::Broken(reason.clone())),
            None => {
                state.body.reader = Some(waker.clone());
                Poll::Pending
            }
        }
    }

    /// Whether nothing more can be read.
    pub(crate) fn body_is_over(&self) -> bool {
        let state = self.lock();
        state.body.pieces.is_empty() && matches!(state.body.end, Some(Ending::Complete(None)))
    }

    // --- what it used ---

    pub(crate) fn set_memory_peak(&self, bytes: u64) {
        self.lock().memory_peak = bytes;
    }

    /// The last word on a call. Ask when its instance is gone.
    pub(crate) fn ended(&self) -> Ended {
        let wall_us = monotonic_ns().saturating_sub(self.began_ns) / 1_000;
        let state = self.lock();
        Ended {
            cpu_us: self.meter.used_us(),
            wall_us,
            memory_bytes: state.memory_peak,
            log_bytes_dropped: state.logs.dropped(),
        }
    }

    // --- what it was given ---

    pub(crate) fn known_secret(&self, name: &SecretName) -> Option<Typed> {
        self.lock().revealed.get(name)
    }

    /// The guest sees it from now on; its log shows the name.
    pub(crate) fn reveal(&self, name: SecretName, value: Typed) {
        self.lock().revealed.add(name, value);
    }

    /// How long the longest value is that is looked for in the guest's output.
    pub(crate) fn longest_secret(&self) -> usize {
        self.lock().revealed.longest()
    }

    /// What the guest writes, without the secrets that it has read.
    pub(crate) fn redacted<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        self.lock().revealed.redacted(text)
    }

    /// As [`Self::redacted`], for a sentence about the guest.
    pub(crate) fn redacted_text(&self, text: String) -> String {
        match self.redacted(text.as_bytes()) {
            Cow::Borrowed(_) => text,
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// One more question to the key-value store; `false` when that would be too many.
    pub(crate) fn count_kv(&self, max: u64) -> bool {
        let mut state = self.lock();
        let fits = state.kv_calls < max;
        state.kv_calls += u64::from(fits);
        fits
    }

    // --- logs and refusals ---

    /// One line of a guest's output, as far as its budget goes.
    pub(crate) fn log(&self, stream: LogStream, text: String) {
        self.log_at(stream, text, None);
    }

    /// As [`Self::log`], for what was written at a place in the source.
    pub(crate) fn log_at(&self, stream: LogStream, text: String, place: Option<String>) {
        let Some((request, function)) = &self.serves else { return };
        // What is cut into lines was looked through before; what the host itself says of the guest may repeat its words.
        let text = self.redacted_text(text);
        let cost = text.len() as u64 + 1;
        if self.lock().logs.allows(cost) {
            self.tell(to_front::LOG, &Log { request: *request, function: function.clone(), stream, text, place });
        }
    }

    /// The guest used a hatch that it was not granted.
    pub(crate) fn deny(&self, hatch: &str, wanted: &str) {
        let Some((request, function)) = &self.serves else { return };
        {
            let mut state = self.lock();
            state.denied += 1;
            if state.denied > DENIED_MAX {
                return;
            }
        }
        let wanted = wanted.chars().take(WANTED_CHARS).collect();
        let denied = DeniedHatch { request: *request, function: function.clone(), hatch: hatch.into(), wanted };
        self.tell(to_front::DENIED, &denied);
    }
}

fn wake_reader(mut state: MutexGuard<'_, State>) {
    let reader = state.body.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}
