//! What went wrong with a guest, in the words of the channel.
use wasmtime::{PoolConcurrencyLimitError, Trap, component::ResourceTableError};
use wasmtime_wasi::I32Exit;
use wire::work::Failure;

use crate::config::WASM_STACK_BYTES;

use super::{
    call::{Call, Reached, Stop},
    guest::RANDOM_BYTES_MAX,
    instance::HOSTCALL_BYTES,
    js,
    logs::harmless,
    require::Asked,
};

/// Longest reason, in characters.
const REASON_CHARS: usize = 500;
/// How wasmtime begins the part of an error that lists the guest's frames.
const BACKTRACE: &str = "error while executing at wasm backtrace";

/// Raised by the tick that found the call's CPU time used up.
#[derive(Debug, thiserror::Error)]
#[error("the CPU time is used up")]
pub(crate) struct CpuSpent;

/// Why a guest that ended with `error` failed.
pub(crate) fn of_error(call: &Call, error: &wasmtime::Error) -> Failure {
    let limits = &call.limits;
    if error.is::<CpuSpent>() {
        return limit("cpu_ms", format!("it used more than {} ms of CPU time", limits.cpu_ms));
    }
    if let Some(Asked(demand)) = error.downcast_ref() {
        return Failure::StepUp(*demand);
    }
    if let Some(failure) = js::of_error(call, error) {
        return failure;
    }
    if let Some(Reached { limit: name, reason }) = call.reached() {
        return limit(name, reason);
    }
    if error.chain().any(|cause| matches!(cause.downcast_ref(), Some(ResourceTableError::Full))) {
        return limit("resources", format!("it held more than {} resource handles", limits.resources));
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Failure::Engine { reason: "the worker's pool of instances is used up; try again".into() };
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Failure::Trap { reason: format!("the function ended itself with exit code {}", exit.0) };
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return of_trap(*trap);
    }
    // Where in the guest it happened is not for the reason: it is long, and names nothing without debug information.
    let causes = error.chain().map(ToString::to_string).filter(|cause| !cause.starts_with(BACKTRACE));
    let text = causes.collect::<Vec<_>>().join(": ");
    // wasmtime has no type for this one (`bump_resource_counts`).
    if text.contains("resource limit exceeded") {
        return limit("instances", format!("it wanted more than {} instances, memories or tables", limits.instances));
    }
    // Nor for this one: bodies and output move in pieces, so only header fields can be so long.
    if text.contains("fuel allocated for hostcalls") {
        return limit("header_bytes", format!("one call into the platform carried more than {HOSTCALL_BYTES} bytes"));
    }
    // Nor for these two: wasmtime-wasi's `get_random_bytes`, and the `http` crate when a field is added.
    if text.contains("requested len") && text.contains("exceeds limit") {
        return limit("random_bytes", format!("it asked for more than {RANDOM_BYTES_MAX} random bytes at once"));
    }
    Failure::Trap { reason: cut(&text) }
}

fn of_trap(trap: Trap) -> Failure {
    let reason = match trap {
        Trap::StackOverflow => {
            let kib = WASM_STACK_BYTES >> 10;
            return limit("stack", format!("the call stack is full ({kib} KiB): it calls itself too deep"));
        }
        Trap::UnreachableCodeReached => {
            "it panicked or aborted (`unreachable` was executed); its error output says why".to_owned()
        }
        other => other.to_string(),
    };
    Failure::Trap { reason }
}

/// Why a call that was stopped from outside failed.
pub(crate) fn of_stop(call: &Call, stop: Stop) -> Failure {
    match stop {
        Stop::Cancelled => Failure::Engine { reason: "nobody waits for the answer any more".into() },
        Stop::WallTime => took_longer(call, ""),
    }
}

/// The same of one whose wall time is over, if it said where it waits.
pub(crate) fn late(call: &Call, error: &wasmtime::Error) -> Option<Failure> {
    super::js::late(error).map(|place| took_longer(call, &format!(" at {place}")))
}

fn took_longer(call: &Call, at: &str) -> Failure {
    limit("wall_ms", cut(&format!("it took longer than {} ms{at}", call.limits.wall_ms)))
}

fn limit(name: &str, reason: String) -> Failure {
    Failure::Limit { limit: name.into(), reason }
}

/// The beginning of a text that a guest may have lengthened, safe to show.
pub(super) fn cut(text: &str) -> String {
    harmless(text.chars().take(REASON_CHARS).collect::<String>().as_bytes())
}
