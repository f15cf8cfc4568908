//! front -> compiler -> front: one job in the life of the process. The roles `compile` and `snapshot` share the words.
use serde::{Deserialize, Serialize};
use types::{CompileLimits, Digest, EngineBuild};

use crate::work::Load;

/// Frame kinds.
pub mod kind {
    /// `Job`; one descriptor: the component, read-only.
    pub const JOB: u8 = 1;
    /// `JsEngine`, for `compile`; no descriptor: the JavaScript engine that is installed beside the compiler.
    pub const JS_ENGINE: u8 = 2;
    /// `Snapshot`, for `snapshot`; two descriptors, read-only: the function's source, then the JavaScript engine's artefact.
    pub const SNAPSHOT: u8 = 3;
    /// `Report`, compiler to front: the process is set up and jailed. First of all.
    pub const REPORT: u8 = 101;
    /// `Progress`
    pub const PROGRESS: u8 = 102;
    /// A piece of the artefact: raw bytes.
    pub const ARTEFACT: u8 = 103;
    /// `Done`: all pieces have been sent.
    pub const DONE: u8 = 104;
    /// `Failed`
    pub const FAILED: u8 = 105;
    /// `Output`, before `DONE`: what the source wrote to its console while it was evaluated.
    pub const OUTPUT: u8 = 106;
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub component: Digest,
    pub limits: CompileLimits,
}

/// Compile the JavaScript engine, once a build. The artefact's component is the digest of the engine's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsEngine {
    pub limits: CompileLimits,
}

/// Evaluate one module and keep the memory. The artefact's component is the digest of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub source: Digest,
    pub limits: CompileLimits,
    /// The seal of the engine's artefact: it is machine code, and is looked at as a worker does.
    pub engine: Load,
    /// Ed25519 key that it must be signed with.
    pub artefact_key: [u8; 32],
}

/// Lines as a log would have them; bounded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Output(pub Vec<String>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub build: EngineBuild,
    /// JSON of the jail's report.
    pub posture: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    Checking,
    Compiling,
    Sending,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Imported interfaces with versions, sorted.
    pub imports: Vec<String>,
    /// The handler interface that it exports, or [`Done::JAVASCRIPT`].
    pub serves: String,
    /// Exports of a JavaScript module that can answer a request, and with a dot their methods for other events.
    pub handlers: Vec<String>,
    pub component_bytes: u64,
    pub artefact_bytes: u64,
    pub compile_ms: u64,
}

impl Done {
    /// What a JavaScript function serves.
    pub const JAVASCRIPT: &str = "javascript";

    /// The artefact is a snapshot, and needs the JavaScript engine.
    pub fn is_javascript(&self) -> bool {
        self.serves == Self::JAVASCRIPT
    }
}

/// Why there is no artefact. Mirrors the answers a deployer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failed {
    /// Not a component, or not valid.
    Invalid {
        reason: String,
    },
    /// A JavaScript module that cannot be evaluated, or is no function.
    Source {
        reason: String,
    },
    /// A limit of the job, by name.
    Limit {
        limit: String,
        reason: String,
    },
    UnknownImport {
        import: String,
        served: String,
    },
    ServesNothing,
    /// The process was given something unusable.
    Internal {
        reason: String,
    },
}
