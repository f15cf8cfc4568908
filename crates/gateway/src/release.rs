//! Ports through which `control` makes a deployment real: compile, check, publish. Rooms implement them; no room sees another.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use types::{
    AppName, CompileLimits, DeploymentId, Digest, EngineBuild, FunctionName, FunctionTarget, GroupName, PrincipalId,
    RequestId, RunLimits, UnixMillis,
};

use crate::Fut;

/// What the compiler saw in a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    pub component: Digest,
    /// Full names of imported interfaces, such as `wasi:http/types@0.2.3`, sorted.
    pub imports: Vec<String>,
    /// The import needs a grant that the function does not have; it is linked so that each use is refused with a typed error.
    pub denied: Vec<String>,
    /// `wasi:http/incoming-handler@0.2.x`, `wasi:http/handler@0.3.x` or `javascript`.
    pub serves: String,
    /// Exports of a JavaScript module that can answer, and with a dot their methods for other events (`default.scheduled`); empty
    /// for a component.
    pub handlers: Vec<String>,
    /// Lines that a JavaScript module wrote to its console when it was evaluated.
    pub output: Vec<String>,
    pub component_bytes: u64,
    pub artefact_bytes: u64,
    pub compile_ms: u64,
    pub engine_build: EngineBuild,
    /// It was in the cache already.
    pub cached: bool,
}

/// Why a component could not be made ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "failure")]
pub enum CompileFailure {
    #[error("the component {component} is not stored; upload it first")]
    Missing { component: Digest },
    #[error("this is not a WebAssembly component: {reason}")]
    Invalid { reason: String },
    #[error("{reason}")]
    Source { reason: String },
    #[error("the component reached limit `{limit}`: {reason}; {}", remedy(limit))]
    Limit { limit: String, reason: String },
    #[error("the component imports `{import}`, which this platform does not serve; it serves {served}")]
    UnknownImport { import: String, served: String },
    #[error(
        "the component exports neither `wasi:http/incoming-handler@0.2` nor `wasi:http/handler@0.3`; build it for the `wasi:http` proxy or service world"
    )]
    ServesNothing,
    #[error("the component could not be instantiated: {reason}")]
    Probe { reason: String },
    #[error("the compiler is not available: {reason}")]
    Unavailable { reason: String },
}

/// What to do about a limit: some are the engine's own, and no manifest has them.
fn remedy(limit: &str) -> String {
    let run = RunLimits::CAP.entries();
    if CompileLimits::CAP.entries().into_iter().chain(run).any(|(name, _)| name == limit) {
        format!("make it smaller, or raise `{limit}` in the manifest's `[limits]`, as far as the operator's caps allow")
    } else {
        "make it smaller: this limit is the same for every component".to_owned()
    }
}

/// runtime: make components ready to run.
pub trait ComponentPort: Send + Sync {
    /// Compiles (or finds) the artefact of a stored component under the present engine build, checked and signed.
    fn prepare<'a>(&'a self, component: Digest, limits: CompileLimits) -> Fut<'a, Result<Inspection, CompileFailure>>;
    /// As `prepare`, for many at once after the engine was replaced: beside deployments, on processors that are idle.
    fn prepare_idly<'a>(
        &'a self,
        component: Digest,
        limits: CompileLimits,
    ) -> Fut<'a, Result<Inspection, CompileFailure>>;
    /// Whether its artefact for the present engine build is there. Cheap, and no promise that the artefact counts.
    fn is_ready(&self, component: &Digest) -> bool;
    /// Instantiates the function once in a worker of the app, without calling it.
    fn probe<'a>(&'a self, target: Arc<FunctionTarget>) -> Fut<'a, Result<(), CompileFailure>>;
}

/// Why an app's access rules are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyProblem {
    /// What is wrong and where (line and column when the Cedar file is at fault), and what to do.
    pub message: String,
}

/// What a manifest declares that rules may name.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    pub functions: &'a [FunctionName],
    pub groups: &'a [GroupName],
}

/// policy: are these rules acceptable?
pub trait PolicyPort: Send + Sync {
    /// Parses and validates an app's Cedar file against the schema and the structural rules. With `declared`, also that it
    /// names no other functions and groups.
    fn check(&self, app: &AppName, cedar: &str, declared: Option<Declared<'_>>) -> Result<(), PolicyProblem>;
}

/// A group of people that means something to an app: it is among its members, or declared in its manifest, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseGroup {
    pub name: GroupName,
    /// Among the members, and whether its people are admins.
    pub admin: Option<bool>,
    /// The manifest declares it: rules may name it, and functions are told who is in it.
    pub declared: bool,
    /// Who is in it, in ascending order. Nobody is in a group that is not there.
    pub people: Arc<[PrincipalId]>,
}

impl ReleaseGroup {
    pub fn holds(&self, person: PrincipalId) -> bool {
        self.people.binary_search(&person).is_ok()
    }
}

/// Everything that must change together when an app gets a new current deployment or other members.
#[derive(Debug, Clone)]
pub struct Release {
    pub app: AppName,
    /// The app's version in the store; an older release never replaces a newer one.
    pub version: u64,
    pub deployment: Option<DeploymentId>,
    pub functions: Vec<Arc<FunctionTarget>>,
    /// Members and whether each is an admin.
    pub members: Vec<(PrincipalId, bool)>,
    /// By name.
    pub groups: Vec<ReleaseGroup>,
    pub cedar: Option<Arc<str>>,
}

/// A part that must know of releases: routes, policy, runtime. Composition calls them in order; `withdraw` ends the app.
pub trait ReleasePort: Send + Sync {
    /// Takes the release in. It was checked before; an error here leaves the former release in place.
    fn publish(&self, release: &Arc<Release>) -> Result<(), String>;
    fn withdraw(&self, app: &AppName);
    /// A deployment of the app is being made ready from now on, or is so no longer. Each beginning has its end.
    fn under_way(&self, app: &AppName, begins: bool) {
        let _ = (app, begins);
    }
}

/// An app's name with where it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    pub app: AppName,
    pub url: String,
}

/// One line that a function wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub at: UnixMillis,
    pub function: String,
    pub request: Option<RequestId>,
    /// `stdout`, `stderr`, or `platform` for what the platform says about the call.
    pub stream: String,
    pub text: String,
    /// Where in the function's source it was written, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// runtime: what functions wrote.
pub trait LogPort: Send + Sync {
    /// The newest `tail` lines, oldest first.
    fn tail(&self, app: &AppName, tail: usize) -> Vec<LogLine>;
    /// Lines written from now on. A reader that is too slow loses lines and is told how many.
    fn follow(&self, app: &AppName) -> tokio::sync::broadcast::Receiver<Arc<LogLine>>;
}

/// How well the platform's walls stand; the composition root answers.
pub trait PosturePort: Send + Sync {
    /// A JSON document in the shape of `control-api`'s `Posture`.
    fn posture(&self) -> serde_json::Value;
}
