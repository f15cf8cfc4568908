//! What was closed, in a form that `serviceful posture` prints and the supervisor records.

use serde::{Deserialize, Serialize};

use crate::Role;

/// The locks of one process, as the kernel confirmed them. Only the process itself can say this, so a report from a
/// process that an attacker runs proves nothing: it is sent once, before the first untrusted byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Name of the role.
    pub role: String,
    /// The kernel's Landlock version, 0 where there is none (and for the supervisor, which sets none).
    pub landlock_abi: u8,
    /// Files outside the plan cannot be opened, by any thread.
    pub landlock_fs: bool,
    /// TCP bind and connect are refused (ABI 4).
    pub landlock_net: bool,
    /// Abstract Unix sockets and signals of other processes are out of reach (ABI 6).
    pub landlock_scopes: bool,
    /// The role's table of system calls holds for all threads.
    pub seccomp: bool,
    /// Exec grants no privilege.
    pub no_new_privs: bool,
    /// Whether others of the same user may inspect this process; closed is `false`.
    pub dumpable: bool,
    /// Memory cannot become executable any more. Enforced by the seccomp table (no `PROT_EXEC` in `mmap` and `mprotect`),
    /// which is stricter than the kernel's `PR_SET_MDWE`. A worker has only its half: never writable and executable at once.
    pub mdwe: bool,
}

/// How much of what a role should have is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Neither Landlock nor seccomp.
    None,
    /// Some of it; [`Report::missing`] says what is not.
    Partial,
    /// All of it.
    Full,
}

const NO_LANDLOCK: &str = "Landlock is missing, so open files rest on seccomp alone: use Linux 5.13 or newer with `landlock` in the `lsm=` boot list";
const THREADS_UNCOVERED: &str = "Landlock does not cover all threads: apply the jail before the first thread is started, or use a kernel with Landlock ABI 8";
const NO_SECCOMP: &str = "seccomp is missing, so every system call is open: use a kernel with CONFIG_SECCOMP_FILTER and a container profile that allows `seccomp`";
const NO_NEW_PRIVS: &str = "no_new_privs is not set: the kernel or the container profile refuses `prctl`";
const DUMPABLE: &str =
    "the process is dumpable, so others of the same user may read its memory: the container profile refuses `prctl`";
const NO_TRUNCATE: &str = "Landlock cannot refuse truncation below ABI 3: use Linux 6.2 or newer";
const NO_TCP: &str = "Landlock has no TCP rules below ABI 4, so sockets rest on seccomp alone: use Linux 6.7 or newer";
const NO_SCOPES: &str = "Landlock has no scopes below ABI 6, so signals and abstract sockets rest on seccomp alone: use Linux 6.12 or newer";
const NO_MDWE: &str = "memory may become executable: it is the seccomp table that forbids it";

impl Report {
    /// A report in which nothing is closed yet.
    pub(crate) fn new(role: Role) -> Self {
        Self {
            role: role.name().to_owned(),
            landlock_abi: 0,
            landlock_fs: false,
            landlock_net: false,
            landlock_scopes: false,
            seccomp: false,
            no_new_privs: false,
            dumpable: true,
            mdwe: false,
        }
    }

    /// [`Level::Full`] if nothing that the role should have is missing; [`Level::None`] if neither lock is set.
    #[must_use]
    pub fn level(&self) -> Level {
        if !self.seccomp && !self.landlock_fs {
            Level::None
        } else if self.missing().is_empty() {
            Level::Full
        } else {
            Level::Partial
        }
    }

    /// One sentence for each lock that is missing, with what to do; empty for [`Level::Full`].
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        // An unknown role (a newer build's report) is held to everything.
        let role = Role::of_name(&self.role);
        let ruleset = role.is_none_or(Role::has_ruleset);
        let mdwe = role.is_none_or(Role::never_executes_new_memory);
        let mut gaps = Vec::new();
        let mut gap = |absent: bool, sentence| {
            if absent {
                gaps.push(sentence);
            }
        };
        gap(!self.seccomp, NO_SECCOMP);
        gap(ruleset && !self.landlock_fs, self.landlock_sentence());
        gap(ruleset && self.landlock_fs && self.landlock_abi < 3, NO_TRUNCATE);
        gap(ruleset && self.landlock_fs && !self.landlock_net, NO_TCP);
        gap(ruleset && self.landlock_fs && !self.landlock_scopes, NO_SCOPES);
        gap(!self.no_new_privs, NO_NEW_PRIVS);
        gap(self.dumpable, DUMPABLE);
        gap(mdwe && self.seccomp && !self.mdwe, NO_MDWE);
        gaps
    }

    /// What strict mode does not start without. Missing TCP rules and scopes are not in it: the seccomp table closes the
    /// same doors, so they are a second lock, and Debian 12's kernel has neither.
    pub(crate) fn refusals(&self, seccomp_follows: bool) -> Vec<&'static str> {
        let ruleset = Role::of_name(&self.role).is_none_or(Role::has_ruleset);
        let mut refusals = Vec::new();
        if ruleset && !self.landlock_fs {
            refusals.push(self.landlock_sentence());
        }
        if !seccomp_follows {
            refusals.push(NO_SECCOMP);
        }
        refusals
    }

    fn landlock_sentence(&self) -> &'static str {
        if self.landlock_abi == 0 { NO_LANDLOCK } else { THREADS_UNCOVERED }
    }
}

#[cfg(test)]
mod tests;
