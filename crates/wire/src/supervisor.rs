//! supervisor <-> front, and supervisor <-> keeper. The supervisor parses only these messages, from its own children.
use serde::{Deserialize, Serialize};
use types::{Digest, EngineBuild};

/// Frame kinds, supervisor to child.
pub mod to_child {
    /// `Start`, first of all; descriptors: for `front` the TCP listeners, then the host socket's listener.
    pub const START: u8 = 1;
    /// One descriptor: a fresh channel between front and keeper. The former one, if any, is dead.
    pub const KEEPER: u8 = 2;
    /// `Spawned`; one descriptor: the front's end of the channel to the new process. `stream` is the asker's number.
    pub const SPAWNED: u8 = 3;
    /// `SpawnFailed`; `stream` is the asker's number.
    pub const SPAWN_FAILED: u8 = 4;
    /// `Exited`: a process that this child asked for has ended.
    pub const EXITED: u8 = 5;
    /// No payload: finish what is in flight, then end.
    pub const DRAIN: u8 = 6;
    /// `Note`: something the supervisor did or saw, for the audit log.
    pub const NOTE: u8 = 7;
}

/// Frame kinds, child to supervisor.
pub mod to_supervisor {
    /// `Ready`: set up, jailed, serving.
    pub const READY: u8 = 101;
    /// `Spawn`; `stream` is a number of the asker's, given back in the answer.
    pub const SPAWN: u8 = 102;
    /// `Kill`: end a process that this child asked for.
    pub const KILL: u8 = 103;
    /// No payload: start a mailer, which takes mails to the configured server. Answered as `SPAWN` is.
    pub const MAILER: u8 = 104;
}

/// An installed engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnginePackage {
    pub build: EngineBuild,
    /// Version of wasmtime, for people.
    pub wasmtime: String,
    /// Digest of the JavaScript engine beside it; none is installed without.
    pub javascript: Option<Digest>,
    /// Path of the executable.
    pub path: String,
}

/// How a child begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The effective configuration, as TOML.
    pub config: String,
    pub engines: Vec<EnginePackage>,
    /// How many of the descriptors are TCP listeners; the rest is the host socket.
    pub listeners: u8,
    /// What the supervisor's own jail achieved, as JSON, for the posture page.
    pub supervisor_posture: String,
}

/// A child is at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    pub pid: u32,
    /// JSON of the jail's report.
    pub posture: String,
}

/// Which engine role to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineRole {
    Work,
    Compile,
    /// Turns the source of one JavaScript function into a snapshot.
    Snapshot,
}

/// Start an engine process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawn {
    pub role: EngineRole,
    pub build: EngineBuild,
}

/// It runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spawned {
    pub pid: u32,
}

/// It does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnFailed {
    pub reason: String,
}

/// End a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    pub pid: u32,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exited {
    pub pid: u32,
    pub code: Option<i32>,
    /// SIGSYS (31) means that it broke a rule of its jail.
    pub signal: Option<i32>,
}

/// For the audit log: `action` is a word such as `keeper-restarted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub action: String,
    pub text: String,
}

/// How a process ended, as a predicate for a sentence.
pub fn how_ended(code: Option<i32>, signal: Option<i32>) -> String {
    match (code, signal) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended in a way that is not known".to_owned(),
    }
}
