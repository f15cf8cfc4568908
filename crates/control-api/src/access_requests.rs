//! Requests for access: who asks to be let into an app, and what is said to it.
use serde::{Deserialize, Serialize};
use types::{PrincipalId, UnixMillis};
use utoipa::ToSchema;

use crate::Role;

/// One who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequestView {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    /// What they call themselves.
    pub name: String,
    /// What they sign in with; who they are shows here rather than in the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What they wrote. May be empty.
    pub message: String,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub asked_at: UnixMillis,
}

/// Those that are open, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRequestList {
    pub requests: Vec<AccessRequestView>,
}

/// Lets somebody in who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveAccess {
    /// What they may do; `member` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// Somebody who asked and was told no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessDenied {
    #[schema(value_type = String)]
    pub denied: PrincipalId,
}
