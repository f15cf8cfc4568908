//! front -> compiler -> front: one job in the life of the process.
use serde::{Deserialize, Serialize};
use types::{CompileLimits, Digest, EngineBuild};

/// Frame kinds.
pub mod kind {
    /// `Job`; one descriptor: the component, read-only.
    pub const JOB: u8 = 1;
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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub component: Digest,
    pub limits: CompileLimits,
}

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
    /// The handler interface that it exports.
    pub serves: String,
    pub component_bytes: u64,
    pub artefact_bytes: u64,
    pub compile_ms: u64,
}

/// Why there is no artefact. Mirrors the answers a deployer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failed {
    /// Not a component, or not valid.
    Invalid {
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
