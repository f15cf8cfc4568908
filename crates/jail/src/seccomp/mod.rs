//! The seccomp lock: which system calls a role may still make, and what happens at the others.
//!
//! The kernel lets a process carry several filters and obeys the harshest answer, which is how one role gets three:
//! a *table* of allowed calls with one answer for everything else, *refusals* (allowed calls' neighbours that libraries
//! probe and that must answer an error number), and a list of *hostile* calls whose maker is killed.
//! `groups.rs` names calls by what they are for, `roles.rs` puts a role together, `hostile.rs` says who dies.

mod groups;
mod hostile;
mod roles;
mod rules;

use seccompiler::{BackendError, BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter_all_threads};

use crate::{JailError, Mode, Report, Role};
use rules::Rules;

/// One filter: what matches gets `hit`, everything else `miss`.
struct Filter {
    rules: Rules,
    hit: SeccompAction,
    miss: SeccompAction,
}

/// Loads the filters of `role` into all threads and writes that into `report`.
pub(crate) fn restrict(role: Role, mode: Mode, report: &mut Report) -> Result<(), JailError> {
    let failed = |source| JailError::Seccomp { role: role.name(), source };
    let own = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
    // Built before the first is loaded: building may allocate, and the last filter may forbid what loading needs.
    let programs = roles::filters(role, own)
        .and_then(|filters| filters.into_iter().map(program).collect::<Result<Vec<_>, _>>())
        .map_err(|error| failed(error.into()))?;
    for (loaded, filter) in programs.iter().enumerate() {
        match apply_filter_all_threads(filter) {
            Ok(()) => {}
            // A kernel without filters. Once one is loaded there is no such excuse.
            Err(_) if loaded == 0 && mode == Mode::BestEffort => return Ok(()),
            Err(error) => return Err(failed(error)),
        }
    }
    report.seccomp = true;
    report.mdwe = role.never_executes_new_memory();
    Ok(())
}

/// Compiles one filter to the kernel's instructions. A call made through another architecture's entry (32-bit) is killed
/// by the library's own first instructions.
fn program(filter: Filter) -> Result<BpfProgram, BackendError> {
    let here = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(filter.rules.into_map(), filter.miss, filter.hit, here)?.try_into()
}

#[cfg(test)]
mod tests;
