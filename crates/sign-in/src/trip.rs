//! The way from an app to the sign-in pages and back, in three pieces that each hold for ten minutes at most:
//! * the transaction, sealed in a cookie at the app's origin: what only this browser and this app can know;
//! * the request, sealed in the address of the sign-in page: which app asks, and the challenge that its answer must meet;
//! * the grant, kept in the store for sixty seconds under the hash of a code, which works once.
//!
//! SECURITY: a code that leaks is worth nothing without the transaction's verifier (RFC 7636); a transaction of another browser
//! opens nothing here, so nobody can be made to sign in as somebody else (login CSRF); the request cannot be composed by a page
//! that wants to look like an app; and the return target was never in anybody's hands but ours.
use serde::{Deserialize, Serialize};
use types::{AppName, Assurance, CredentialId, Demand, FunctionName, UnixMillis};

use crate::push::Pushed;

/// How long an attempt may take.
pub(crate) const ATTEMPT_S: u64 = 600;
/// How long a code may take from origin to origin.
pub(crate) const CODE_S: u64 = 60;
/// What the names of the cookies begin with; the attempt's own name follows, so that parallel tabs do not disturb each other.
pub(crate) use gateway::ATTEMPT_PREFIX as COOKIE_PREFIX;
/// A longer target is cut to its app's front page: it has to fit into a cookie.
const TARGET_BYTES_MAX: usize = 1_000;

/// In the cookie.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) verifier: String,
    pub(crate) state: String,
    pub(crate) target: String,
    pub(crate) at: UnixMillis,
}

/// In the address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) app: AppName,
    pub(crate) challenge: String,
    pub(crate) state: String,
    pub(crate) at: UnixMillis,
    /// What the person has to show beyond who they are. Sealed like the rest: nobody asks for more or for less on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<Wanted>,
}

/// A function asks for more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) demand: Demand,
    pub(crate) function: FunctionName,
}

/// In the store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) app: AppName,
    pub(crate) challenge: String,
    /// The id that the app's session will have: whoever uses the code twice ends it.
    pub(crate) session: CredentialId,
    pub(crate) parent: CredentialId,
    pub(crate) assurance: Assurance,
    pub(crate) authenticated_at: UnixMillis,
    pub(crate) device: String,
}

/// An attempt as the sign-in pages carry it on.
#[derive(Debug, Clone)]
pub(crate) struct Trip {
    /// As in the address.
    pub(crate) tx: String,
    pub(crate) end: End,
}

/// Where it leads.
#[derive(Debug, Clone)]
pub(crate) enum End {
    App(Request),
    CommandLine(Box<Pushed>),
}

impl Trip {
    /// The request of an app.
    pub(crate) fn request(&self) -> Option<&Request> {
        match &self.end {
            End::App(request) => Some(request),
            End::CommandLine(_) => None,
        }
    }

    /// The request of a command line.
    pub(crate) fn pushed(&self) -> Option<&Pushed> {
        match &self.end {
            End::App(_) => None,
            End::CommandLine(pushed) => Some(pushed),
        }
    }
}

/// Whether an attempt that began then is still under way. One from the future is not: a clock was set back.
pub(crate) fn is_under_way(began: UnixMillis, now: UnixMillis) -> bool {
    now >= began && now < began.plus_seconds(ATTEMPT_S)
}

/// The target that somebody is taken back to: a path of the same origin, whatever was asked for.
pub(crate) fn safe_target(target: &str) -> &str {
    let path_only = target.starts_with('/') && !target.starts_with("//") && !target.starts_with("/\\");
    let plain = target.bytes().all(|b| (b'!'..=b'~').contains(&b) && b != b'\\');
    let ours = target.starts_with(gateway::RESERVED_PATH);
    if path_only && plain && !ours && target.len() <= TARGET_BYTES_MAX { target } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for good in ["/", "/orders?x=1&y=%2F%2Fevil.example", "/a//b", "/@evil.example"] {
            assert_eq!(safe_target(good), good);
        }
        let long = format!("/{}", "a".repeat(2_000));
        for bad in [
            "",
            "evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/a\\b",
            "/a\r\nset-cookie: x",
            "/a b",
            "/\u{e9}",
            "javascript:alert(1)",
            "/.sf/callback?code=x",
            "/.sf/sign-out",
            &long,
        ] {
            assert_eq!(safe_target(bad), "/", "{bad}");
        }
    }

    #[test]
    fn an_attempt_has_a_beginning_and_an_end() {
        let began = UnixMillis(1_000_000);
        for (now, under_way) in [(999_999, false), (1_000_000, true), (1_599_999, true), (1_600_000, false)] {
            assert_eq!(is_under_way(began, UnixMillis(now)), under_way);
        }
    }
}
