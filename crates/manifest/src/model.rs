//! What a manifest says, after parsing.
use std::collections::{BTreeMap, BTreeSet};

use types::{Access, AppName, CompileLimits, Demand, FunctionName, GroupName, KvAccess, RoutePattern, SecretName};

use crate::{findings::Place, limits::LimitTable};

/// A manifest without any error. What it asks for is still subject to the operator's caps; see [`Manifest::targets`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub name: AppName,
    pub build: Option<Build>,
    pub functions: Vec<Function>,
    /// Groups of the platform that mean something to the app, by name, each once.
    pub groups: Vec<GroupName>,
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
    pub code: Code,
    pub access: Access,
    pub reason: Option<String>,
    /// Service accounts of the app; not empty exactly when `access` is `workloads`.
    pub callers: Vec<String>,
    /// What a person who calls must have shown. Nothing where no person calls, or strangers do.
    pub demand: Demand,
    pub config: BTreeMap<String, String>,
    /// Secrets of the app that it may read.
    pub secrets: BTreeSet<SecretName>,
    /// What it may do with the app's key-value store.
    pub kv: KvAccess,
    pub(crate) limits: LimitTable,
    pub(crate) place: FunctionPlace,
}

/// What a function is made of; paths are relative to the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// A WebAssembly component.
    Component { path: String },
    /// A JavaScript or TypeScript module, which is bundled with all that it imports. `handler`: the export that answers,
    /// when it is not the default one.
    Source { path: String, handler: Option<String> },
}

impl Code {
    /// The file that the manifest names.
    pub fn path(&self) -> &str {
        match self {
            Self::Component { path } | Self::Source { path, .. } => path,
        }
    }

    /// The export that answers when none is named.
    pub const DEFAULT_HANDLER: &str = "default";

    /// The named export that answers; `None`: the default one, or a component.
    pub fn handler(&self) -> Option<&str> {
        match self {
            Self::Component { .. } => None,
            Self::Source { handler, .. } => handler.as_deref(),
        }
    }

    pub const fn is_source(&self) -> bool {
        matches!(self, Self::Source { .. })
    }

    /// The manifest's key for it.
    pub const fn key(&self) -> &'static str {
        if self.is_source() { "source" } else { "component" }
    }
}

/// Where the parts of a function stand that later checks point at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FunctionPlace {
    pub(crate) key: String,
    pub(crate) code: Place,
}

/// A file that a deployment needs, with the limits of compiling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub path: String,
    /// A bundled JavaScript module rather than a WebAssembly component.
    pub is_source: bool,
    /// Exports of the module that functions name, each once; empty for a component.
    pub handlers: Vec<String>,
    /// Where several functions share the file, the largest of each.
    pub limits: CompileLimits,
}
