//! Why a process could not be closed.

use std::io;
use std::path::PathBuf;

/// A door that could not be closed. The process must exit: it may be half closed.
#[derive(Debug, thiserror::Error)]
pub enum JailError {
    /// A role without files was given a path.
    #[error("role `{role}` may not reach files, but its plan names `{}`; open it before and hand over the descriptor", path.display())]
    Paths {
        /// The role's name.
        role: &'static str,
        /// The first path of the plan.
        path: PathBuf,
    },
    /// A role that changes no file was given a path to write.
    #[error("role `{role}` writes no files, but its plan names `{}` for writing; name it for reading, or hand over an open descriptor", path.display())]
    Writing {
        /// The role's name.
        role: &'static str,
        /// The first path to write of the plan.
        path: PathBuf,
    },
    /// A path of the plan cannot be opened.
    #[error("cannot open `{}` to keep it reachable: {reason}; create it before the process is closed, or take it out of the plan", path.display())]
    Path {
        /// The path as it stands in the plan.
        path: PathBuf,
        /// What the kernel said.
        reason: String,
    },
    /// Strict mode: a lock is missing.
    #[error("role `{role}` does not start in strict mode: {}", missing.join("; "))]
    Refused {
        /// The role's name.
        role: &'static str,
        /// One sentence for each missing lock, each with what to do.
        missing: Vec<&'static str>,
    },
    /// Strict mode: threads were running already and the kernel cannot restrict them.
    #[error(
        "role `{role}` has {threads} threads already and Landlock ABI {abi} restricts only the calling one; call `jail::apply` before the first thread is started, or use a kernel with ABI 8 or newer"
    )]
    Threads {
        /// The role's name.
        role: &'static str,
        /// Threads of this process, 0 if `/proc` could not be read.
        threads: usize,
        /// The kernel's Landlock version.
        abi: u8,
    },
    /// The parent died before the death signal was set.
    #[error("the parent process is gone; this process must exit")]
    ParentGone,
    /// Landlock is there and refused the rule set.
    #[error(
        "Landlock refused the rule set of role `{role}`: {source}; report it with the kernel's version, or start in best-effort mode on another kernel"
    )]
    Landlock {
        /// The role's name.
        role: &'static str,
        /// What the library said.
        source: landlock::RulesetError,
    },
    /// The filter could not be built or loaded.
    #[error(
        "cannot load the seccomp filter of role `{role}`: {source}; the kernel needs CONFIG_SECCOMP_FILTER, and a container must allow `seccomp`"
    )]
    Seccomp {
        /// The role's name.
        role: &'static str,
        /// What the library said.
        source: seccompiler::Error,
    },
    /// A system call that every supported kernel grants was refused.
    #[error(
        "the kernel refused to {what}: {source}; check the limits and the seccomp profile that this process was started with"
    )]
    System {
        /// What was being done, as in "set the CPU limit".
        what: &'static str,
        /// The error number.
        source: io::Error,
    },
}

/// Adds what was being done to an error number.
pub(crate) fn doing(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> JailError {
    move |errno| JailError::System { what, source: errno.into() }
}
