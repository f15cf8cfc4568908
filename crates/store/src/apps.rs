//! Apps, their deployments and members.
use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};
use types::{AppName, DeploymentId, Digest, PrincipalId, UnixMillis};

use crate::{Answer, AppGroup, Kept};

/// An app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    pub name: AppName,
    pub created_at: UnixMillis,
    /// The deployment that answers now; `None` until the first one is switched to.
    pub current: Option<DeploymentId>,
    /// Grows with every switch, membership change and policy change.
    pub version: u64,
}

/// How far a deployment has come. A failed one is kept with its reason, and is never current.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum DeploymentState {
    /// Compiling or being probed.
    Preparing,
    /// Can be switched to.
    Ready,
    Failed {
        code: String,
        reason: String,
    },
}

/// An immutable version of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    pub app: AppName,
    pub id: DeploymentId,
    /// The manifest exactly as uploaded; what it means is worked out from this text.
    pub manifest: Arc<str>,
    /// The app's Cedar file, when it has one.
    pub policy: Option<Arc<str>>,
    /// Path in the manifest -> digest, one entry a component.
    pub components: Vec<(Arc<str>, Digest)>,
    pub state: DeploymentState,
    pub created_at: UnixMillis,
    pub created_by: Option<PrincipalId>,
}

/// What a member may do with the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberRole {
    /// May call `members` functions.
    Member,
    /// May also deploy, roll back, read logs, manage members and tokens, and remove the app.
    Admin,
}

/// One member of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppMember {
    pub principal: PrincipalId,
    pub role: MemberRole,
    pub added_at: UnixMillis,
}

/// Apps, deployments, members.
pub trait Apps: Send + Sync {
    fn app(&self, name: AppName) -> Answer<'_, Option<App>>;
    /// All apps by name.
    fn apps(&self) -> Answer<'_, Vec<App>>;
    /// Adds the app if it is new (version 1), with its first admin where there is one; `false` when it existed (nothing changed).
    /// Conflict: there is no such principal.
    fn add_app(&self, name: AppName, at: UnixMillis, admin: Option<PrincipalId>) -> Answer<'_, bool>;
    /// Removes the app with deployments, members, service accounts, their credentials, and everybody's credentials that count
    /// for this app only; `false` when there was none. A later app of the same name inherits nothing.
    fn remove_app(&self, name: AppName) -> Answer<'_, bool>;

    /// Adds a deployment, or puts a failed one of the same id back to the given state (its first `created_at` stays).
    /// One that is preparing or ready is left as it is. Conflict: the app does not exist.
    fn add_deployment(&self, deployment: Deployment) -> Answer<'_, ()>;
    fn deployment(&self, app: AppName, id: DeploymentId) -> Answer<'_, Option<Deployment>>;
    /// Deployments of an app, newest first; of the same millisecond, the later added first.
    fn deployments(&self, app: AppName) -> Answer<'_, Vec<Deployment>>;
    /// Sets the state; `false` when there is no such deployment. Conflict: it is current, and the new state is not `Ready`.
    fn set_deployment_state(&self, app: AppName, id: DeploymentId, state: DeploymentState) -> Answer<'_, bool>;
    /// Makes a `Ready` deployment the current one and grows the app's version. Conflict: it does not exist or is not ready.
    fn switch(&self, app: AppName, id: DeploymentId) -> Answer<'_, App>;

    /// Removes the deployments that are [`crate::surplus`]; how many those were. 0 when there is no such app.
    fn prune_deployments(&self, app: AppName, kept: Kept) -> Answer<'_, usize>;
    /// Every component of every deployment that has not failed, each once.
    fn components_in_use(&self) -> Answer<'_, HashSet<Digest>>;

    /// Members of an app, by principal.
    fn members(&self, app: AppName) -> Answer<'_, Vec<AppMember>>;
    /// Adds a member or changes the role (the first `added_at` stays); grows the app's version. Conflict: app or principal does not exist.
    fn put_member(&self, app: AppName, member: AppMember) -> Answer<'_, ()>;
    /// Adds members and groups and changes their roles, as `put_member` and [`crate::Groups::put_app_group`] do, all of them or none;
    /// grows the app's version once. Conflict: as there.
    fn put_members(&self, app: AppName, members: Vec<AppMember>, groups: Vec<AppGroup>) -> Answer<'_, ()>;
    /// Takes a member out and grows the app's version; `false`, and nothing changed, when it was not one.
    fn remove_member(&self, app: AppName, principal: PrincipalId) -> Answer<'_, bool>;
}
