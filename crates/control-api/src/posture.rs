//! How well the platform's walls stand.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::UnixMillis;
use utoipa::ToSchema;

/// The walls of one process, as the process itself reported them before it read a byte from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProcessPosture {
    /// `supervisor`, `front`, `keeper`, `compile` or `work`.
    pub role: String,
    /// The app of a `work` process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// `full`, `partial` or `none`.
    pub level: String,
    /// One sentence for each lock that is missing, with what to do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The report itself: Landlock version and rules, seccomp, `no_new_privs`, and so on.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub report: serde_json::Value,
}

/// One thing that should be so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PostureCheck {
    pub name: String,
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do when it is not so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Connections that the front door ended before they were a request: broken request lines and heads, failed TLS handshakes,
/// clients that were too slow, floods. They leave no event of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BrokenConnections {
    /// Milliseconds since 1970: when the front door opened. It counts from there.
    #[schema(value_type = u64)]
    pub since: UnixMillis,
    pub total: u64,
    /// How many for each cause. Every cause is listed.
    pub causes: BTreeMap<String, u64>,
}

/// The platform's posture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Posture {
    /// Version of the platform.
    pub version: String,
    /// The engine build that compiles and runs functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_build: Option<String>,
    /// The platform refuses to start without its locks.
    pub strict: bool,
    pub processes: Vec<ProcessPosture>,
    pub checks: Vec<PostureCheck>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken_connections: Option<BrokenConnections>,
}

impl Posture {
    /// Nothing is missing anywhere.
    pub fn is_whole(&self) -> bool {
        self.processes.iter().all(|p| p.missing.is_empty()) && self.checks.iter().all(|c| c.ok)
    }
}
