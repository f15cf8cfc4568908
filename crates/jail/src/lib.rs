//! jail: closes the doors of one process after its set-up, and says which ones are closed.
//! Guarantees: after `apply`, a role reaches no file, socket, process or kernel feature outside its table. (claim C2; lab: breach/*)
//! Does not: open, receive or pass descriptors, start processes, or know what a role does with what it kept.
//! Called by: serviceful, serviceful-engine, serviceful-bundle, keeper. Calls: the kernel.
//! If this is wrong: native code in a worker reads other apps' data. docs/security/threats.md#assume-breach
//!
//! Two locks, each able to hold alone where it can: **Landlock** (which files, TCP ports, abstract sockets and signals the
//! process may still reach) and **seccomp** (which system calls it may still make). Under them: `no_new_privs`, not dumpable,
//! no core files, and resource limits. Nothing here can be undone by the process that called it, nor by what it starts.
//!
//! ```no_run
//! use jail::{Mode, Plan, Role};
//! // Single-threaded still; channels are open, the engine's pool is made.
//! jail::die_with_parent()?;
//! let plan = Plan { role: Role::Work, read: vec![], write: vec![] };
//! let report = jail::apply(&plan, Mode::BestEffort)?;
//! for gap in report.missing() {
//!     eprintln!("{gap}");
//! }
//! # Ok::<(), jail::JailError>(())
//! ```

#![forbid(unsafe_code)]

mod error;
mod limits;
mod plan;
mod process;
mod report;
mod ruleset;
mod seccomp;

pub use error::JailError;
pub use limits::{give_way, limit_compile, limit_work, step_back};
pub use plan::{Layers, Mode, Plan, Role};
pub use process::die_with_parent;
pub use report::{Level, Report};

/// Closes every door that `plan` does not name, for all threads of this process, for ever.
///
/// Call it late (descriptors open, pools allocated, `/proc` and certificates read) but **before the first thread is
/// started**: up to Landlock ABI 7 the kernel restricts only the calling thread and those it starts later. seccomp always
/// reaches all threads.
///
/// # Errors
/// [`JailError::Paths`] for a role that may not reach files, [`JailError::Path`] for a path that cannot be opened,
/// [`JailError::Refused`] and [`JailError::Threads`] in [`Mode::Strict`] when a lock is missing, [`JailError::System`]
/// when the kernel refuses what every supported kernel grants. After an error the process may be half closed: it must exit.
pub fn apply(plan: &Plan, mode: Mode) -> Result<Report, JailError> {
    apply_layers(plan, mode, Layers { landlock: true, seccomp: true })
}

/// [`apply`] with one of the two locks left open, so that tests can show that the other holds alone.
/// A layer left out counts as missing, so [`Mode::Strict`] refuses it where the role needs it.
///
/// # Errors
/// As [`apply`].
#[doc(hidden)]
pub fn apply_layers(plan: &Plan, mode: Mode, layers: Layers) -> Result<Report, JailError> {
    plan.check()?;
    // Counted first: afterwards `/proc` is closed.
    let threads = process::count_threads();
    limits::of_role(plan.role)?;
    process::close_inspection()?;

    let mut report = Report::new(plan.role);
    if layers.landlock && plan.role.has_ruleset() {
        ruleset::restrict(plan, mode, threads, &mut report)?;
    }
    if mode == Mode::Strict {
        // Before seccomp: the caller must still be able to say on the terminal why it stops.
        let missing = report.refusals(layers.seccomp);
        if !missing.is_empty() {
            return Err(JailError::Refused { role: plan.role.name(), missing });
        }
    }
    process::read_back(&mut report)?;
    if layers.seccomp {
        seccomp::restrict(plan.role, mode, &mut report)?;
    }
    Ok(report)
}
