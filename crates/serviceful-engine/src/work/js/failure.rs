//! What went wrong with a function written in JavaScript, with its place in the source.
use wire::work::{Failure, LogStream};

use super::places::Places;
use crate::{
    js::{
        abi::{Kind, Told},
        hint::hint,
        place::{self, Step},
    },
    work::{
        call::{Call, Reached},
        failure::cut,
        logs::harmless,
    },
};

/// The engine gave up and said why.
#[derive(Debug, thiserror::Error)]
#[error("the function failed")]
pub(super) struct GaveUp {
    pub(super) kind: Kind,
    pub(super) message: String,
    pub(super) trace: Vec<Step>,
}

impl GaveUp {
    pub(super) fn of(told: Told, places: &Places) -> Self {
        Self { kind: told.kind, message: told.message, trace: places.trace(&told.stack) }
    }

    /// Where it happened, if that is known.
    pub(super) fn place(&self) -> Option<String> {
        place::innermost(&self.trace).map(|step| step.place.to_string())
    }
}

/// Nothing is left that could settle what the function waits for, and it does not say where it waits.
#[derive(Debug, thiserror::Error)]
#[error("nothing is left that could settle what it waits for")]
pub(super) struct Stuck;

/// The wall time is over; where the function waits, if it says so.
#[derive(Debug, thiserror::Error)]
#[error("its wall time is over")]
pub(super) struct Late(pub(super) Option<String>);

/// Where the function waited when its wall time was over.
pub(in crate::work) fn late(error: &wasmtime::Error) -> Option<&str> {
    error.downcast_ref::<Late>()?.0.as_deref()
}

/// Why the call failed, if it was for a reason that only JavaScript has.
pub(in crate::work) fn of_error(call: &Call, error: &wasmtime::Error) -> Option<Failure> {
    if error.is::<Stuck>() {
        return Some(Failure::Trap { reason: STUCK.into() });
    }
    let gave_up: &GaveUp = error.downcast_ref()?;
    let at = gave_up.place().map(|place| format!(" at {place}")).unwrap_or_default();
    let message = gave_up.message.as_str();
    // The whole trace is for the app's log; the reason names the place.
    write(call, gave_up);
    let limit = |limit: &str, reason: String| Failure::Limit { limit: limit.into(), reason };
    Some(match gave_up.kind {
        Kind::Spent => limit("cpu_ms", format!("it used more than {} ms of CPU time{at}", call.limits.cpu_ms)),
        // A limit that was reached shows as an error somewhere later; the limit is the reason.
        _ if let Some(Reached { limit: name, reason }) = call.reached() => limit(name, format!("{reason}{at}")),
        Kind::Answer => Failure::BadResponse { reason: cut(&format!("{message}{at}")) },
        Kind::Stuck => Failure::Trap { reason: cut(&format!("{STUCK}{at}")) },
        Kind::Unhandled => {
            Failure::Trap { reason: cut(&format!("unhandled rejection: {message}{at}{}", hint(message))) }
        }
        _ => Failure::Trap { reason: cut(&format!("uncaught {message}{at}{}", hint(message))) },
    })
}

fn write(call: &Call, GaveUp { kind, message, trace }: &GaveUp) {
    if *kind == Kind::Spent && trace.is_empty() {
        return;
    }
    let first = match kind {
        Kind::Spent => "the CPU time is used up".to_owned(),
        Kind::Unhandled => format!("unhandled rejection: {message}"),
        Kind::Stuck => STUCK.to_owned(),
        _ => format!("uncaught {message}"),
    };
    for line in first.lines().chain(trace.iter().map(|step| step.text.as_str())).take(LINES_MAX) {
        let line: String = line.chars().take(LINE_CHARS).collect();
        call.log(LogStream::Stderr, harmless(line.as_bytes()));
    }
}

const STUCK: &str =
    "it waits for a promise that never settles: no timer, request body or other work is left that could";
/// Longest trace in the log.
const LINES_MAX: usize = 24;
const LINE_CHARS: usize = 1_000;
