//! Audit events, as the API shows them: the same JSON as in the log.
use serde::{Deserialize, Serialize};
use types::{AppName, CredentialId, DeploymentId, PrincipalId, RequestId, UnixMillis};
use utoipa::ToSchema;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditWho {
    /// `stranger`, `person`, `service`, `operator` or `platform`.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub id: Option<PrincipalId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub credential: Option<CredentialId>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditOutcome {
    /// `done`, `refused` or `failed`.
    pub result: String,
    /// The HTTP status that the caller saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The private reason: the caller may have been told less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Durations in microseconds of wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditTimings {
    pub identify_us: u64,
    pub decide_us: u64,
    pub work_us: u64,
    pub total_us: u64,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEvent {
    /// Its place in the log, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub at: UnixMillis,
    /// `request`, `control-begin`, `control`, `security`, `process`, `engine`, `key` or `platform`.
    pub kind: String,
    pub who: AuditWho,
    pub action: String,
    /// `platform`, `app` or `app/function`.
    pub resource: String,
    pub outcome: AuditOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub request: Option<RequestId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub app: Option<AppName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub deployment: Option<DeploymentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_build: Option<String>,
    /// Ids of the policies that decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<AuditTimings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Events, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditPage {
    pub events: Vec<AuditEvent>,
    /// Ask again with `before` set to this for older ones; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Entries in the log.
    pub size: u64,
}

/// Which events are wanted; each field narrows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// The most to give, up to 1,000; 50 when absent.
    pub limit: Option<usize>,
    /// Only entries below this index.
    pub before: Option<u64>,
    pub kind: Option<String>,
    pub app: Option<AppName>,
    pub action: Option<String>,
    pub principal: Option<PrincipalId>,
    /// `done`, `refused` or `failed`.
    pub result: Option<String>,
    pub request: Option<RequestId>,
    /// Not before this moment.
    pub since: Option<UnixMillis>,
}

impl AuditQuery {
    /// The words that `kind` knows.
    pub const KINDS: [&'static str; 8] =
        ["request", "control-begin", "control", "security", "process", "engine", "key", "platform"];
    /// The words that `result` knows.
    pub const RESULTS: [&'static str; 3] = ["done", "refused", "failed"];
    /// The names of its parameters in a query string.
    pub const PARAMETERS: [&'static str; 9] =
        ["limit", "before", "kind", "app", "action", "principal", "result", "request", "since"];

    /// Names and values, ready for a query string.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let some = |value: Option<&dyn ToString>| value.map(ToString::to_string);
        let values = [
            some(self.limit.as_ref().map(|v| v as &dyn ToString)),
            some(self.before.as_ref().map(|v| v as &dyn ToString)),
            self.kind.clone(),
            some(self.app.as_ref().map(|v| v as &dyn ToString)),
            self.action.clone(),
            some(self.principal.as_ref().map(|v| v as &dyn ToString)),
            self.result.clone(),
            some(self.request.as_ref().map(|v| v as &dyn ToString)),
            self.since.map(|at| at.0.to_string()),
        ];
        Self::PARAMETERS.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Whether an event is wanted, all but `limit` considered.
    pub fn wants(&self, event: &AuditEvent) -> bool {
        fn fits<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        self.before.is_none_or(|before| event.index.is_some_and(|index| index < before))
            && fits(self.kind.as_ref(), Some(&event.kind))
            && fits(self.app.as_ref(), event.app.as_ref())
            && fits(self.action.as_ref(), Some(&event.action))
            && fits(self.principal.as_ref(), event.who.id.as_ref())
            && fits(self.result.as_ref(), Some(&event.outcome.result))
            && fits(self.request.as_ref(), event.request.as_ref())
            && self.since.is_none_or(|since| event.at >= since)
    }
}

/// What a check of the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditVerdict {
    /// Nothing was changed, removed, reordered or cut off.
    pub intact: bool,
    /// Entries that were checked.
    pub entries: u64,
    /// The signed checkpoint that they were checked against.
    pub checkpoint: Option<String>,
    /// What is wrong, one sentence each; empty when intact.
    pub findings: Vec<String>,
}
