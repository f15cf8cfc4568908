//! What the runtime needs of the supervisor and the keeper. The composition root implements both over their channels.
use std::os::fd::OwnedFd;

use gateway::Fut;
use types::EngineBuild;
use wire::{keeper::ArtefactStatement, supervisor::EngineRole};

use crate::StartError;

/// A started engine process.
#[derive(Debug)]
pub struct Child {
    pub pid: u32,
    /// Our end of its only channel.
    pub channel: OwnedFd,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildExit {
    pub pid: u32,
    pub code: Option<i32>,
    pub signal: Option<i32>,
}

impl std::fmt::Display for ChildExit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&wire::supervisor::how_ended(self.code, self.signal))
    }
}

impl ChildExit {
    /// SIGSYS: it asked the kernel for something its jail forbids.
    pub const fn broke_jail(self) -> bool {
        matches!(self.signal, Some(31))
    }

    /// SIGABRT: it ended itself.
    pub const fn aborted(self) -> bool {
        matches!(self.signal, Some(6))
    }

    /// SIGXCPU: it used up its CPU time.
    pub const fn out_of_cpu(self) -> bool {
        matches!(self.signal, Some(24))
    }
}

/// The supervisor: starts and ends engine processes for us.
pub trait Processes: Send + Sync {
    fn start(&self, role: EngineRole, build: EngineBuild) -> Fut<'_, Result<Child, StartError>>;
    /// Ends it with SIGKILL; a process that is gone already is fine.
    fn kill(&self, pid: u32);
    /// Waits for its end.
    fn ended(&self, pid: u32) -> Fut<'_, ChildExit>;
}

/// The keeper, as far as artefacts go.
pub trait Keeper: Send + Sync {
    /// The public half of the key for this build's artefacts.
    fn artefact_key(&self, build: EngineBuild) -> Fut<'_, Result<[u8; 32], String>>;
    /// A signature over the statement, or the keeper's reason not to.
    fn sign_artefact(&self, statement: ArtefactStatement) -> Fut<'_, Result<Vec<u8>, String>>;
}
