//! Errors of stores and ports as refusals: what the caller may read, and what only the operator does.
use std::error::Error;

use gateway::{CompileFailure, CredentialFailure, Refusal};
use http::{HeaderValue, header};
use store::{ContentsError, StoreError};
use types::Code;

/// An input that is not valid; the sentence is for the caller.
pub(crate) fn bad_input(sentence: impl Into<String>) -> Refusal {
    let sentence = sentence.into();
    Refusal::new(Code::CTL_BAD_INPUT, sentence.clone()).detail(sentence)
}

/// There is no such thing, or none that the caller may know of.
pub(crate) fn not_found(what: impl std::fmt::Display) -> Refusal {
    let sentence = format!("there is no {what}");
    Refusal::new(Code::CTL_NOT_FOUND, sentence.clone()).detail(sentence)
}

/// It does not fit what is there.
pub(crate) fn conflict(sentence: impl Into<String>) -> Refusal {
    let sentence = sentence.into();
    Refusal::new(Code::CTL_CONFLICT, sentence.clone()).detail(sentence)
}

/// An error with its causes in one line, for the operator.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// What failed inside, with its causes for the operator alone.
pub(crate) fn failed(error: &dyn Error) -> Refusal {
    Refusal::internal(chain(error))
}

pub(crate) fn store(error: StoreError) -> Refusal {
    match error {
        StoreError::Conflict { what } => conflict(format!("{what} conflicts with what is stored")),
        failed @ (StoreError::Failed { .. } | StoreError::Closed) => Refusal::internal(chain(&failed)),
    }
}

pub(crate) fn contents(error: ContentsError) -> Refusal {
    match error {
        ContentsError::Mismatch { named, found } => {
            let sentence = format!("the contents hash to {found}, not to {named}");
            Refusal::new(Code::CTL_DIGEST, sentence.clone()).detail(sentence).next("upload the file again")
        }
        ContentsError::TooLarge { max } => too_large(max),
        failed @ ContentsError::Io { .. } => Refusal::internal(chain(&failed)),
    }
}

pub(crate) fn too_large(max_bytes: u64) -> Refusal {
    let sentence = format!("the body is larger than {max_bytes} bytes");
    Refusal::new(Code::DOOR_BODY_TOO_LARGE, sentence.clone()).detail(sentence)
}

pub(crate) fn credential(error: CredentialFailure) -> Refusal {
    match error {
        CredentialFailure::Unknown { what } => not_found(what),
        unfit @ CredentialFailure::Unfit { .. } => bad_input(unfit.to_string()),
        // SECURITY: wrong, used and expired look the same to the caller.
        CredentialFailure::Claim { reason } => Refusal::new(Code::ID_CLAIM, reason)
            .next("run `serviceful claim` on the host for a new link")
            .security(gateway::SecurityClass::Credential),
        CredentialFailure::Owned => conflict("the platform has an owner already")
            .next("to make another owner all the same, run `serviceful claim --again` on the host"),
        CredentialFailure::Throttled { retry_s } => {
            let refusal = Refusal::new(Code::ID_THROTTLED, "too many wrong claims");
            refusal.header(header::RETRY_AFTER, HeaderValue::from(retry_s))
        }
        CredentialFailure::Store(error) => store(error),
    }
}

/// The code that goes with a failure to make a component ready.
pub(crate) const fn compile_code(failure: &CompileFailure) -> Code {
    match failure {
        CompileFailure::Unavailable { .. } => Code::RUN_UNAVAILABLE,
        CompileFailure::Missing { .. }
        | CompileFailure::Invalid { .. }
        | CompileFailure::Source { .. }
        | CompileFailure::Limit { .. }
        | CompileFailure::UnknownImport { .. }
        | CompileFailure::ServesNothing
        | CompileFailure::Probe { .. } => Code::CTL_COMPONENT,
    }
}

pub(crate) fn compile(failure: &CompileFailure) -> Refusal {
    let sentence = failure.to_string();
    Refusal::new(compile_code(failure), sentence.clone()).detail(sentence).failed()
}
