//! What can go wrong between a permit and a response.
use gateway::{Refusal, SecurityClass};
use http::{HeaderValue, header};
use types::Code;
use wire::work::Failure;

use crate::text::plain;

/// Why a worker or compiler did not start.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StartError {
    #[error("the supervisor could not start it: {reason}")]
    Spawn { reason: String },
    #[error("it ended before it was ready")]
    Died,
    #[error("it speaks for build {found}, not {wanted}")]
    Build { wanted: String, found: String },
    #[error("it was not ready after {ms} ms")]
    Slow { ms: u64 },
    #[error("its channel failed: {reason}")]
    Channel { reason: String },
    #[error("the keeper did not give the artefact key: {reason}")]
    Keeper { reason: String },
    #[error("workers of this app ended {deaths} times in a row; the next try is in {retry_ms} ms")]
    BackOff { deaths: u32, retry_ms: u64 },
}

/// Longest reason of a worker's that is passed on.
pub(crate) const REASON_BYTES: usize = 2_048;
/// Longest name of a limit.
const LIMIT_BYTES: usize = 64;

/// Why a call has no (whole) response.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("no worker: {0}")]
    Start(#[from] StartError),
    #[error("the worker ended during the call")]
    Lost,
    #[error("the worker did not answer in time")]
    Silent,
    #[error("the worker broke the protocol: {reason}")]
    Lied { reason: String },
    #[error("too many calls wait for this app")]
    Busy,
    #[error("no artefact: {0}")]
    Artefact(#[from] gateway::CompileFailure),
    #[error("the component does not load: {reason}")]
    Load { reason: String },
    #[error("the request body is larger than {max_kib} KiB")]
    BodyTooLarge { max_kib: u64 },
    #[error("the request body ended early")]
    BodyBroken,
    #[error("the function failed: {0}")]
    Guest(Failure),
}

impl RunError {
    /// What a worker said of its guest, in words that can be shown.
    pub(crate) fn failed(mut failure: Failure) -> Self {
        match &mut failure {
            Failure::Trap { reason } | Failure::BadResponse { reason } | Failure::Engine { reason } => {
                *reason = plain(reason, REASON_BYTES);
            }
            Failure::Limit { limit, reason } => {
                *limit = plain(limit, LIMIT_BYTES);
                *reason = plain(reason, REASON_BYTES);
            }
            Failure::NoResponse | Failure::NotLoaded | Failure::StepUp(_) => {}
        }
        Self::Guest(failure)
    }
}

impl From<wire::ChannelError> for RunError {
    fn from(error: wire::ChannelError) -> Self {
        match error {
            wire::ChannelError::Gone | wire::ChannelError::Stuck { .. } | wire::ChannelError::Io(_) => Self::Lost,
            other @ wire::ChannelError::Protocol(_) => Self::Lied { reason: other.to_string() },
        }
    }
}

fn limit(name: &str, reason: &str) -> Refusal {
    let code = match name {
        "cpu_ms" => Code::RUN_CPU,
        "wall_ms" => Code::RUN_WALL,
        "memory_mib" => Code::RUN_MEMORY,
        "response_kib" | "header_bytes" => Code::RUN_RESPONSE,
        _ => Code::RUN_LIMIT,
    };
    Refusal::new(code, format!("limit `{name}`: {reason}"))
        .detail(format!("the function reached its limit `{name}`"))
        .next(if FIXED.contains(&name) {
            "make the function need less: this limit is the same for every function".to_owned()
        } else {
            format!("make the function need less, or raise `{name}` in the manifest's `limits`")
        })
}

/// Limits of the engine that no manifest changes.
const FIXED: [&str; 2] = ["stack", "random_bytes"];

/// What a caller can do about code that fails.
const LOGS: &str = "its developer finds the cause with `serviceful logs`";

fn guest(failure: &Failure) -> Refusal {
    match failure {
        Failure::Trap { reason } => Refusal::new(Code::RUN_TRAP, reason.clone()).next(LOGS),
        Failure::Limit { limit: name, reason } => limit(name, reason),
        Failure::NoResponse => Refusal::new(Code::RUN_NO_RESPONSE, "the guest ended without a response").next(LOGS),
        Failure::BadResponse { reason } => Refusal::new(Code::RUN_BAD_RESPONSE, reason.clone()).next(LOGS),
        Failure::NotLoaded => Refusal::new(Code::RUN_UNAVAILABLE, "the component was not loaded"),
        // Only of a call that has no answer yet, where `step_up::answered` takes it.
        Failure::StepUp(_) => Refusal::new(Code::RUN_TRAP, "it asks for a sign-in after it began to answer"),
        Failure::Engine { reason } => Refusal::new(Code::PLT_INTERNAL, reason.clone()),
    }
}

impl From<RunError> for Refusal {
    fn from(error: RunError) -> Self {
        let soon =
            |code, reason: String| Self::new(code, reason).header(header::RETRY_AFTER, HeaderValue::from_static("1"));
        let reason = error.to_string();
        match &error {
            RunError::Start(_) | RunError::Artefact(_) | RunError::Load { .. } => soon(Code::RUN_UNAVAILABLE, reason),
            RunError::Busy => return soon(Code::DOOR_BUSY, reason),
            RunError::Lost | RunError::Silent => soon(Code::RUN_WORKER_LOST, reason),
            RunError::Lied { .. } => Self::new(Code::RUN_WORKER_LOST, reason).security(SecurityClass::WorkerProtocol),
            RunError::BodyTooLarge { max_kib } => {
                return Self::new(Code::DOOR_BODY_TOO_LARGE, reason)
                    .detail(format!("the body may have up to {max_kib} KiB"));
            }
            RunError::BodyBroken => return Self::new(Code::DOOR_MALFORMED, reason).close(),
            RunError::Guest(failure) => guest(failure),
        }
        .failed()
    }
}
