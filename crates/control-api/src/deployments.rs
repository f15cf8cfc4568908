//! Deployments: what is sent, how far it has come, what was found in it.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{AppName, DeploymentId, Digest, PrincipalId, SecretName, UnixMillis};
use utoipa::ToSchema;

/// Names components by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentsNamed {
    /// At most 64.
    #[schema(value_type = Vec<String>)]
    pub digests: Vec<Digest>,
}

/// Those that are not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentsMissing {
    #[schema(value_type = Vec<String>)]
    pub missing: Vec<Digest>,
}

/// A component that is stored now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentStored {
    #[schema(value_type = String)]
    pub digest: Digest,
    pub bytes: u64,
}

/// A new version of an app. Sending the same twice names the same deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateDeployment {
    /// The text of `serviceful.toml`.
    pub manifest: String,
    /// The text of the app's Cedar file, when the manifest names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Path in the manifest -> digest of an uploaded component; one entry for each path that the manifest names.
    #[schema(value_type = BTreeMap<String, String>)]
    pub components: BTreeMap<String, Digest>,
    /// The review (`deployment-review`) that somebody looked at. What would be answered otherwise by now is refused (409), so
    /// that nothing is widened unseen.
    #[schema(value_type = Option<String>)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Digest>,
}

/// How far a deployment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentPhase {
    /// Waiting for its turn, compiling, or being probed.
    Preparing,
    /// Can be switched to; see `current` for whether it answers.
    Ready,
    /// Kept with its reason; never current.
    Failed,
}

/// Why a deployment failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentFailure {
    /// An error code with a page of its own.
    pub code: String,
    pub reason: String,
}

/// How far one component has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentStage {
    Waiting,
    Compiling,
    /// Compiled; its functions are being instantiated once.
    Probing,
    Ready,
    Failed,
}

/// What becomes of one import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ImportState {
    /// Served.
    Granted,
    /// Linked, but there is nothing behind it: no file, no variable, no argument.
    Nothing,
    /// Linked so that each use is refused with a typed error.
    Denied,
}

/// One imported interface beside what is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Such as `wasi:http/types@0.2.3`.
    pub interface: String,
    pub state: ImportState,
}

/// What the compiler saw in a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Inspected {
    pub imports: Vec<Import>,
    /// The handler interface that it exports, or `javascript`.
    pub serves: String,
    /// Exports of a JavaScript module that can answer a request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handlers: Vec<String>,
    /// Methods of a JavaScript module's exports for events that are no requests, such as `default.scheduled`: they are kept, and
    /// answer once triggers exist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaiting_triggers: Vec<String>,
    /// Lines that a JavaScript module wrote to its console while it was evaluated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    pub component_bytes: u64,
    pub artefact_bytes: u64,
    pub compile_ms: u64,
    pub engine_build: String,
    /// The compiled form was there already.
    pub cached: bool,
}

/// One component of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComponentProgress {
    /// Its path in the manifest.
    pub path: String,
    #[schema(value_type = String)]
    pub digest: Digest,
    pub stage: ComponentStage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspected: Option<Inspected>,
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentView {
    #[schema(value_type = String)]
    pub app: AppName,
    #[schema(value_type = String)]
    pub id: DeploymentId,
    pub phase: DeploymentPhase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<DeploymentFailure>,
    /// It is the one that answers.
    pub current: bool,
    /// Where the app answers.
    pub url: String,
    pub components: Vec<ComponentProgress>,
    /// Secrets that its functions may read and nobody has set: until somebody does, reading one fails.
    #[schema(value_type = Vec<String>)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets_missing: Vec<SecretName>,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub created_at: UnixMillis,
    #[schema(value_type = Option<String>)]
    pub created_by: Option<PrincipalId>,
}

/// The deployments of an app, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentList {
    pub deployments: Vec<DeploymentView>,
}

/// Which deployment to go back to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// `sha256:…`, or at least 8 of its first hex digits. Absent: the newest ready one before the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}
