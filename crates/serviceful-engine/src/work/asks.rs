//! What a call may ask of the front, for whichever kind of guest: checked here first, so that a refusal costs no way there.
use std::sync::Arc;

use types::{KvAnswer, KvQuestion, KvRefusal, SecretName};
use wire::{
    keeper::Typed,
    work::{ACTION_BYTES_MAX, ALLOWED_MAX, Answer, Question, RESOURCE_BYTES_MAX, SecretAnswer},
};

use super::call::Call;

/// What the report of a refused use calls it.
const SECRETS: &str = "secrets";
const KV: &str = "kv";

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSecret {
    NotGranted,
    NotSet,
    Unavailable,
}

/// Whether the function may read this secret. A name that is none is one that is not granted.
pub(crate) fn granted(call: &Call, name: &str) -> Result<SecretName, NoSecret> {
    match SecretName::parse(name) {
        Ok(name) if call.grants.secrets.contains(&name) => Ok(name),
        _ => {
            call.deny(SECRETS, &super::logs::harmless(name.as_bytes()));
            Err(NoSecret::NotGranted)
        }
    }
}

/// The value of a secret. Asked once a call: what a call has seen does not change under it.
pub(crate) async fn secret(call: &Arc<Call>, name: &str) -> Result<Typed, NoSecret> {
    let name = granted(call, name)?;
    if let Some(known) = call.known_secret(&name) {
        return Ok(known);
    }
    match call.desk.ask(call, Question::Secret(name.clone())).await {
        Some(Answer::Secret(SecretAnswer::Value(value))) => {
            call.reveal(name, value.clone());
            Ok(value)
        }
        Some(Answer::Secret(SecretAnswer::NotSet)) => Err(NoSecret::NotSet),
        Some(Answer::Secret(SecretAnswer::Denied)) => Err(NoSecret::NotGranted),
        _ => Err(NoSecret::Unavailable),
    }
}

/// What the app's store says.
pub(crate) async fn kv(call: &Arc<Call>, question: KvQuestion) -> KvAnswer {
    if !call.grants.kv.permits(&question) {
        call.deny(KV, question.word());
        return KvAnswer::Refused(KvRefusal::Denied);
    }
    if let Err(refusal) = question.check() {
        return KvAnswer::Refused(refusal);
    }
    let max = call.limits.kv_calls;
    if !call.count_kv(max) {
        let reason = format!("the request asked the key-value store more than {max} times");
        return KvAnswer::Refused(KvRefusal::Limit { limit: "kv_calls".into(), reason });
    }
    match call.desk.ask(call, Question::Kv(question)).await {
        Some(Answer::Kv(answer)) => answer,
        _ => KvAnswer::Refused(KvRefusal::Unavailable),
    }
}

/// Whether the function may use the store at all; reported when not.
pub(crate) fn may_open(call: &Call) -> bool {
    let granted = call.grants.kv != types::KvAccess::None;
    if !granted {
        call.deny(KV, "open");
    }
    granted
}

/// Whether the caller may do something of the app's own, or a sentence for the function's developer.
pub(crate) async fn allowed(call: &Call, action: String, resource: String) -> Result<bool, String> {
    for (what, text, max) in [("action", &action, ACTION_BYTES_MAX), ("resource", &resource, RESOURCE_BYTES_MAX)] {
        if text.len() > max {
            return Err(format!("the name of the {what} has {} bytes; at most {max} are asked about", text.len()));
        }
        if text.contains(char::is_control) {
            return Err(format!("the name of the {what} has a control character in it"));
        }
    }
    if !call.count_allowed() {
        call.deny("allowed", &format!("more than {ALLOWED_MAX} questions in one request"));
        return Err(format!("one request may ask {ALLOWED_MAX} times; ask once, and keep the answer"));
    }
    match call.desk.ask(call, Question::Allowed { action, resource }).await {
        Some(Answer::Allowed(allowed)) => allowed,
        _ => Err("the rules cannot be asked any more: the call is over".to_owned()),
    }
}
