//! Attributes of the whole process: nobody may look into it, it gains nothing by exec, it dies with its parent.

use rustix::process::{
    DumpableBehavior, Signal, dumpable_behavior, getppid, set_dumpable_behavior, set_parent_process_death_signal,
};
use rustix::thread::{no_new_privs, set_no_new_privs};

use crate::error::doing;
use crate::{JailError, Report};

/// Asks the kernel to kill this process (`SIGKILL`) when its parent dies, so that no child outlives the supervisor.
///
/// The kernel watches the parent's *thread* that started this process, not the parent: start children from a thread that
/// lives as long as the supervisor (prctl(2), `PR_SET_PDEATHSIG`).
///
/// # Errors
/// [`JailError::ParentGone`] if the parent died meanwhile, [`JailError::System`] if the kernel refuses.
pub fn die_with_parent() -> Result<(), JailError> {
    let before = getppid();
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(doing("set the death signal of the parent"))?;
    // A parent that died between start and here sends no signal; it shows as another parent.
    if getppid() == before { Ok(()) } else { Err(JailError::ParentGone) }
}

/// No privileges by exec, no core file by dumping, no ptrace and no `/proc/<pid>/mem` for processes of the same user.
pub(crate) fn close_inspection() -> Result<(), JailError> {
    set_no_new_privs(true).map_err(doing("set no_new_privs"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(doing("make the process not dumpable"))
}

/// Writes what the kernel now says of this process, rather than what was asked for.
pub(crate) fn read_back(report: &mut Report) -> Result<(), JailError> {
    report.no_new_privs = no_new_privs().map_err(doing("read no_new_privs back"))?;
    let dumpable = dumpable_behavior().map_err(doing("read the dumpable attribute back"))?;
    report.dumpable = dumpable != DumpableBehavior::NotDumpable;
    Ok(())
}

/// Threads of this process; `None` where `/proc` is not mounted.
pub(crate) fn count_threads() -> Option<usize> {
    std::fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}
