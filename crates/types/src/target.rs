//! A function of a deployment: what a route leads to.
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Access, AppName, Demand, Digest, FunctionName, Grants, RoutePattern, RunLimits};

/// An immutable version of an app, named by the digest of its contents.
pub type DeploymentId = Digest;

/// One function of one deployment, with all that is needed to decide about a call and to run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionTarget {
    pub app: AppName,
    pub deployment: DeploymentId,
    pub function: FunctionName,
    pub route: RoutePattern,
    /// SHA-256 of the component, or of the JavaScript module, that answers.
    pub component: Digest,
    /// Which export of a JavaScript module answers, when it is not the default one.
    pub handler: Option<Arc<str>>,
    pub access: Access,
    /// Names of the service accounts that may call when `access` is `workloads`.
    pub callers: Vec<Arc<str>>,
    /// What a person who calls must have shown.
    pub demand: Demand,
    pub limits: RunLimits,
    pub grants: Grants,
}
