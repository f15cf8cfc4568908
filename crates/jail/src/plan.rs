//! What a process asks to keep: its role and the paths that it may still open.

use std::path::PathBuf;

use crate::JailError;

/// The part a process plays; each has one table of system calls in `seccomp/roles.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Starts and watches the others. Children inherit its lock, so it only refuses what none of them needs.
    Supervisor,
    /// Talks to the street on inherited listeners; owns the platform's store.
    Front,
    /// Holds keys; serves one inherited channel.
    Keeper,
    /// Turns one component into one artefact.
    Compile,
    /// Evaluates one function's source once, in the sandbox that will run it. Assumed to be run by an attacker.
    Snapshot,
    /// Runs guests. Assumed to be run by an attacker.
    Work,
    /// Turns a project's source into one module. Reads files that strangers wrote, and changes none.
    Bundle,
    /// Takes mails to the operator's server, on a connection that it made before its doors closed.
    Mailer,
}

impl Role {
    /// Each of them once.
    pub(crate) const ALL: [Self; 8] = [
        Self::Supervisor,
        Self::Front,
        Self::Keeper,
        Self::Compile,
        Self::Snapshot,
        Self::Work,
        Self::Bundle,
        Self::Mailer,
    ];

    /// The word used in reports, messages and audit events.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Front => "front",
            Self::Keeper => "keeper",
            Self::Compile => "compile",
            Self::Snapshot => "snapshot",
            Self::Work => "work",
            Self::Bundle => "bundle",
            Self::Mailer => "mailer",
        }
    }

    /// The role of that name, or nothing.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether Landlock applies. Children inherit a rule set and can only narrow it, so the supervisor takes none:
    /// its own would have to hold the union of everybody's paths.
    pub(crate) fn has_ruleset(self) -> bool {
        self != Self::Supervisor
    }

    /// Whether the role may open files at all.
    pub(crate) fn has_files(self) -> bool {
        self.writes() || self == Self::Bundle
    }

    /// Whether the role may change files.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::Front | Self::Keeper)
    }

    /// Whether memory can never become executable after set-up. Workers publish compiled code and the supervisor's
    /// children include workers.
    pub(crate) fn never_executes_new_memory(self) -> bool {
        !matches!(self, Self::Supervisor | Self::Snapshot | Self::Work)
    }
}

/// The folders and files that a process may still reach; everything else is closed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The part this process plays.
    pub role: Role,
    /// Folders (with all below) or single files to read and list.
    pub read: Vec<PathBuf>,
    /// Folders (with all below) or single files to read, write, create, rename and delete in. SQLite needs the folder,
    /// not the file: it makes `-wal` and `-shm` files beside it.
    pub write: Vec<PathBuf>,
}

impl Plan {
    /// Refuses paths that the role's table does not let through: they would look granted and not be.
    pub(crate) fn check(&self) -> Result<(), JailError> {
        let first = self.read.iter().chain(&self.write).next();
        match first {
            Some(path) if !self.role.has_files() => {
                Err(JailError::Paths { role: self.role.name(), path: path.clone() })
            }
            _ => match self.write.first() {
                Some(path) if !self.role.writes() => {
                    Err(JailError::Writing { role: self.role.name(), path: path.clone() })
                }
                _ => Ok(()),
            },
        }
    }
}

/// What to do on a kernel that lacks a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Close what can be closed; [`crate::Report`] names the rest.
    BestEffort,
    /// Refuse to start unless every door has at least one lock.
    Strict,
}

/// Which locks to set; only tests leave one out.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Layers {
    /// Set the Landlock rule set.
    pub landlock: bool,
    /// Set the seccomp filters.
    pub seccomp: bool,
}
