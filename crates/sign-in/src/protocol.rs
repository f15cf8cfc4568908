//! Answers to a program: JSON, also where something is refused (RFC 6749 sections 5.1 and 5.2, RFC 9126 section 2.3).
use bytes::Bytes;
use gateway::{Document, Refusal, Reply, SecurityClass};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;
use types::Code;

use crate::answer::{self, Answer};

/// A word of the protocol for what was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Request,
    Client,
    Grant,
    GrantType,
    ResponseType,
    Scope,
    Target,
    Proof,
}

impl Wrong {
    const fn word(self) -> &'static str {
        match self {
            Self::Request => "invalid_request",
            Self::Client => "invalid_client",
            Self::Grant => "invalid_grant",
            Self::GrantType => "unsupported_grant_type",
            Self::ResponseType => "unsupported_response_type",
            Self::Scope => "invalid_scope",
            Self::Target => "invalid_target",
            Self::Proof => "invalid_dpop_proof",
        }
    }
}

/// A refusal. `description` is for the client, and says how to do better; `reason` is for the log alone.
pub(crate) fn refused(wrong: Wrong, description: &str, reason: impl Into<String>) -> Refusal {
    let body = json!({ "error": wrong.word(), "error_description": description });
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let document = Document { status: 400, html: Bytes::from(body.to_string()), headers: vec![kind] };
    let (code, credential) = match wrong {
        Wrong::Grant => (Code::ID_ATTEMPT, true),
        Wrong::Proof => (Code::ID_INVALID, true),
        _ => (Code::ID_FORM, false),
    };
    let refusal = Refusal::new(code, reason).document(document);
    if credential { refusal.security(SecurityClass::Credential) } else { refusal }
}

/// What was wrong with the request itself: the client may know all of it.
pub(crate) fn malformed(description: &str) -> Refusal {
    refused(Wrong::Request, description, format!("oauth: {description}"))
}

/// A good answer, never cached. `note` is for the event; see [`answer::noted`].
pub(crate) fn done<T: Serialize>(status: StatusCode, body: &T, note: Option<String>) -> Answer {
    let text = serde_json::to_string(body).map_err(|e| Refusal::internal(e.to_string()))?;
    let mut response = answer::json(text);
    *response.status_mut() = status;
    let mut reply = Reply::from(response);
    reply.note = note.map(Into::into);
    Ok(reply)
}
