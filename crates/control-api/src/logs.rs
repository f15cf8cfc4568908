//! Lines of an app's log.
use serde::{Deserialize, Serialize};
use types::{RequestId, UnixMillis};
use utoipa::ToSchema;

/// One line, as one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub at: UnixMillis,
    pub function: String,
    #[schema(value_type = Option<String>)]
    pub request: Option<RequestId>,
    /// `stdout`, `stderr`, or `platform` for what the platform says about a call.
    pub stream: String,
    pub text: String,
    /// Where in the function's source it was written, such as `src/menu.ts:12:7`, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}
