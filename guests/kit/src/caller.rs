//! The verified caller as JSON, field for field as the interface names them.

use crate::bindings::serviceful::identity::caller::{allowed, get, require};
use crate::bindings::serviceful::identity::types::{Assurance, Caller, Error, Principal, UserInfo};
use crate::{Target, json};

/// `{"caller":{"user":{…}},"on-behalf-of":…}` or `{"error":"…"}`.
pub fn caller_json() -> String {
    match get() {
        Ok(principal) => principal_json(&principal),
        Err(error) => format!("{{\"error\":{}}}", json::string(&error_text(&error))),
    }
}

/// Asks for `?assurance=…&age=…` of the caller: `{"shown":true}` or `{"error":"…"}`, if it comes back at all.
pub fn require_json(target: &Target) -> String {
    let minimum = match target.text("assurance") {
        Some("single-factor") => Assurance::SingleFactor,
        Some("multi-factor") => Assurance::MultiFactor,
        Some("phishing-resistant") => Assurance::PhishingResistant,
        _ => Assurance::None,
    };
    let age = target.text("age").and_then(|age| age.parse().ok());
    match require(minimum, age) {
        Ok(()) => "{\"shown\":true}".to_owned(),
        Err(error) => format!("{{\"error\":{}}}", json::string(&error_text(&error))),
    }
}

/// Asks whether the caller may do `?action=…` to `?resource=…`, `?times=…` times: the last answer as `{"allowed":…}` or `{"error":"…"}`.
pub fn allowed_json(target: &Target) -> String {
    let (action, resource) = (target.text("action").unwrap_or_default(), target.text("resource").unwrap_or_default());
    let mut last = allowed(action, resource);
    for _ in 1..target.number("times", 1) {
        last = allowed(action, resource);
    }
    match last {
        Ok(allowed) => format!("{{\"allowed\":{allowed}}}"),
        Err(error) => format!("{{\"error\":{}}}", json::string(&error_text(&error))),
    }
}

fn principal_json(principal: &Principal) -> String {
    let caller = match &principal.caller {
        Caller::Anonymous => "\"anonymous\"".to_owned(),
        Caller::User(user) => format!("{{\"user\":{}}}", user_json(user)),
        Caller::Workload(workload) => {
            format!(
                "{{\"workload\":{{\"id\":{},\"deployment\":{}}}}}",
                json::string(&workload.id),
                json::string(&workload.deployment)
            )
        }
    };
    let behalf = principal.on_behalf_of.as_ref().map_or_else(|| "null".to_owned(), user_json);
    format!("{{\"caller\":{caller},\"on-behalf-of\":{behalf}}}")
}

fn user_json(user: &UserInfo) -> String {
    format!(
        "{{\"issuer\":{},\"subject\":{},\"email\":{},\"display-name\":{},\"groups\":{},\"assurance\":{},\"authenticated-at\":{},\"session\":{}}}",
        json::string(&user.issuer),
        json::string(&user.subject),
        json::optional(user.email.as_deref()),
        json::optional(user.display_name.as_deref()),
        json::strings(user.groups.iter().map(String::as_str)),
        json::string(assurance_text(user.assurance)),
        user.authenticated_at,
        json::optional(user.session.as_deref()),
    )
}

fn assurance_text(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::None => "none",
        Assurance::SingleFactor => "single-factor",
        Assurance::MultiFactor => "multi-factor",
        Assurance::PhishingResistant => "phishing-resistant",
    }
}

fn error_text(error: &Error) -> String {
    match error {
        Error::NoRequest => "no-request".to_owned(),
        Error::Denied(why) => format!("denied: {why}"),
        Error::StepUpRequired(least) => format!("step-up-required: {}", assurance_text(*least)),
        Error::Unavailable => "unavailable".to_owned(),
    }
}
