//! What a caller is told when something is refused or fails (RFC 9457).
use serde::{Deserialize, Serialize};

/// An error code with a page of its own in `docs/errors/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(&'static str);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)+) => {
        impl Code {
            $($(#[$doc])* pub const $name: Self = Self($code);)+

            /// Every code, for the test that each has its page.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The HTTP status that goes with the code.
            pub fn status(self) -> u16 {
                match self.0 { $($code => $status,)+ _ => 500 }
            }

            /// What happened, in general words that are safe to show to anybody.
            pub fn title(self) -> &'static str {
                match self.0 { $($code => $title,)+ _ => "something went wrong" }
            }
        }
    };
}

codes! {
    /// The request is not well-formed or is ambiguous.
    DOOR_MALFORMED = "DOOR-001", 400, "the request is malformed or ambiguous";
    DOOR_HOST = "DOOR-002", 400, "the Host of the request is missing or malformed";
    DOOR_UNKNOWN_HOST = "DOOR-003", 421, "no app answers under this host name";
    DOOR_RESERVED_HEADER = "DOOR-004", 400, "the request carries a header name that is reserved for the platform";
    DOOR_HEADERS_TOO_LARGE = "DOOR-005", 431, "the request has too many or too large header fields";
    DOOR_BODY_TOO_LARGE = "DOOR-006", 413, "the request body is larger than the route allows";
    DOOR_METHOD = "DOOR-007", 405, "this method is not served here";
    DOOR_CROSS_SITE = "DOOR-008", 403, "the request does not come from an origin that may make it";
    DOOR_EXPECTATION = "DOOR-009", 417, "this expectation is not supported";
    DOOR_URI_TOO_LONG = "DOOR-010", 414, "the target of the request is too long";
    DOOR_TIMEOUT = "DOOR-011", 408, "the request took too long to arrive";
    DOOR_CONTENT_ENCODING = "DOOR-012", 415, "compressed request bodies are not accepted here";
    DOOR_BUSY = "DOOR-013", 503, "the platform is busy; try again soon";
    /// No credential, or none that counts here.
    ID_REQUIRED = "ID-001", 401, "this needs a signed-in caller";
    ID_INVALID = "ID-002", 401, "the credential is not valid here";
    ID_CLAIM = "ID-003", 403, "the claim link is not valid";
    ID_THROTTLED = "ID-004", 429, "too many failed attempts; try again later";
    ID_SIGN_IN = "ID-005", 422, "this did not sign anybody in";
    ID_ATTEMPT = "ID-006", 410, "this attempt to sign in is over";
    ID_FORM = "ID-007", 422, "the form is not complete";
    ID_STEP_UP = "ID-008", 401, "this needs a stronger or more recent sign-in";
    POL_DENIED = "POL-001", 403, "policy does not allow this";
    POL_NO_ROUTE = "POL-002", 404, "there is nothing here";
    POL_CLOSED = "POL-003", 403, "this function is closed";
    POL_UNDEPLOYED = "POL-004", 503, "nothing is deployed here yet";
    RUN_TRAP = "RUN-001", 500, "the function failed";
    RUN_CPU = "RUN-002", 500, "the function used more CPU time than it may";
    RUN_WALL = "RUN-003", 504, "the function took longer than it may";
    RUN_MEMORY = "RUN-004", 500, "the function used more memory than it may";
    RUN_RESPONSE = "RUN-005", 502, "the function's response is larger than it may be";
    RUN_NO_RESPONSE = "RUN-006", 502, "the function ended without a response";
    RUN_UNAVAILABLE = "RUN-007", 503, "the function cannot be run right now";
    RUN_WORKER_LOST = "RUN-008", 502, "the function's process ended during the request";
    RUN_LIMIT = "RUN-009", 500, "the function reached one of its limits";
    RUN_BAD_RESPONSE = "RUN-010", 502, "the function's response is not valid HTTP";
    CTL_BAD_INPUT = "CTL-001", 400, "the input is not valid";
    CTL_NOT_FOUND = "CTL-002", 404, "there is no such thing";
    CTL_CONFLICT = "CTL-003", 409, "this does not fit the present state";
    CTL_MANIFEST = "CTL-004", 422, "the manifest is not valid";
    CTL_COMPONENT = "CTL-005", 422, "the component cannot be accepted";
    CTL_DIGEST = "CTL-006", 422, "the contents do not match their digest";
    CTL_QUOTA = "CTL-007", 507, "there is no room for this upload";
    PLT_INTERNAL = "PLT-001", 500, "the platform failed; nothing was changed that was not reported";
    PLT_AUDIT = "PLT-002", 503, "the audit log cannot be written, so nothing may happen";
}

impl Code {
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// The body of a refusal, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: u16,
    pub code: String,
    pub title: String,
    /// What is particular to this case, when it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Where a person signs in, of a 401: to be opened in a browser, never followed by a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_url: Option<String>,
    /// The request's id, to find it in logs and audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

impl Problem {
    /// A problem of `code` with its general title.
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("/errors/{}", code.as_str()),
            status: code.status(),
            code: code.as_str().to_owned(),
            title: code.title().to_owned(),
            detail: None,
            next: None,
            login_url: None,
            request: None,
        }
    }
}
