//! Apps and their members.
use serde::{Deserialize, Serialize};
use types::{Access, AppName, Assurance, DeploymentId, PrincipalId, SecretName, UnixMillis};
use utoipa::ToSchema;

use crate::MemberGroup;

/// One app in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppSummary {
    #[schema(value_type = String)]
    pub name: AppName,
    /// Where it answers.
    pub url: String,
    /// The deployment that answers now.
    #[schema(value_type = Option<String>)]
    pub current: Option<DeploymentId>,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
}

/// The apps that the caller may see, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppList {
    pub apps: Vec<AppSummary>,
}

/// One function of the current deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionView {
    pub name: String,
    /// `GET /menu`, or a path alone for every method.
    pub route: String,
    /// `public`, `signed-in`, `members`, `workloads` or `closed`.
    #[schema(value_type = String)]
    pub access: Access,
    /// Service accounts that may call it, when `access` is `workloads`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callers: Vec<String>,
    /// How surely a person who calls must have shown who they are: `single-factor`, `multi-factor` or `phishing-resistant`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub min_assurance: Option<Assurance>,
    /// How many seconds ago they may have shown it, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_auth_age_s: Option<u32>,
    /// Digest of the component that answers.
    pub component: String,
    /// Secrets that it may read.
    #[schema(value_type = Vec<String>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretName>,
    /// What it may do with the app's key-value store: `r` or `rw`; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kv: Option<String>,
}

/// One app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppDetail {
    #[serde(rename = "app")]
    pub summary: AppSummary,
    pub functions: Vec<FunctionView>,
    /// Whether a Cedar file refines who may call.
    pub has_policy: bool,
}

/// What a removed app was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// What is gone, by name or id.
    pub removed: String,
}

/// What a member may do with the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May call `members` functions.
    Member,
    /// May also deploy, roll back, read logs, manage members and tokens, and remove the app.
    Admin,
}

/// One member of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Id of the person, or of the service account.
    #[schema(value_type = String)]
    pub person: PrincipalId,
    /// The person's name, or `service:NAME`.
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub added_at: UnixMillis,
}

/// The members of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberList {
    pub members: Vec<Member>,
    /// Groups of people among them, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<MemberGroup>,
}

/// One row of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportedMember {
    /// Where it stands in the file that it comes from, for what is said of it.
    pub line: u64,
    /// As in the path of `member-put`, or `group:NAME` for a group of people.
    pub person: String,
    pub role: Role,
}

/// Adds members and changes roles: all of them, or none. Nobody is taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMembers {
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// 1 to 5,000.
    pub members: Vec<ImportedMember>,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembersImported {
    pub dry_run: bool,
    /// Members and groups.
    pub added: u32,
    /// Those whose role is another one now.
    pub changed: u32,
    pub unchanged: u32,
}

/// Adds a member or changes the role. The path names whom: an id, a person's name, or `service:NAME` for a service account of
/// the app, which can be a `member` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutMember {
    pub role: Role,
}
