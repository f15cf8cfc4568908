//! What a manifest says, after parsing.
use std::collections::BTreeMap;

use types::{Access, AppName, CompileLimits, FunctionName, RoutePattern};

use crate::{findings::Place, limits::LimitTable};

/// A manifest without any error. What it asks for is still subject to the operator's caps; see [`Manifest::targets`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub name: AppName,
    pub build: Option<Build>,
    pub functions: Vec<Function>,
    /// Path of the app's Cedar file.
    pub policy: Option<String>,
    pub(crate) name_place: Place,
    pub(crate) limits: LimitTable,
}

/// How the CLI builds the components.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    pub command: Option<String>,
    pub watch: Vec<String>,
}

/// One function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: FunctionName,
    pub route: RoutePattern,
    /// Path of the component, relative to the manifest.
    pub component: String,
    pub access: Access,
    pub reason: Option<String>,
    /// Service accounts of the app; not empty exactly when `access` is `workloads`.
    pub callers: Vec<String>,
    pub config: BTreeMap<String, String>,
    pub(crate) limits: LimitTable,
    pub(crate) place: FunctionPlace,
}

/// Where the parts of a function stand that later checks point at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FunctionPlace {
    pub(crate) key: String,
    pub(crate) component: Place,
}

/// A file that a deployment needs, with the limits of compiling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub path: String,
    /// Where several functions share the file, the largest of each.
    pub limits: CompileLimits,
}
