//! The Landlock lock: files, TCP ports, abstract sockets and signals.

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, RestrictSelf, RestrictSelfAttr,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope, make_bitflags,
};

use crate::{JailError, Mode, Plan, Report};

/// The newest version this table was written against. Rights an older kernel lacks are dropped by the library.
const KNOWN: ABI = ABI::V10;
/// First version with TCP bind and connect rules (Linux 6.7).
const WITH_TCP: u8 = 4;
/// First version with scopes for abstract Unix sockets and signals (Linux 6.12).
const WITH_SCOPES: u8 = 6;
/// First version that can restrict all threads at once.
const WITH_ALL_THREADS: u8 = 8;

/// Restricts this process (or this thread, see [`crate::apply`]) to the paths of the plan and writes what holds into `report`.
pub(crate) fn restrict(plan: &Plan, mode: Mode, threads: Option<usize>, report: &mut Report) -> Result<(), JailError> {
    let role = plan.role.name();
    let refused = |source| JailError::Landlock { role, source };
    report.landlock_abi = version().map_err(refused)?;

    let mut ruleset = everything_closed().map_err(refused)?;
    for path in &plan.read {
        ruleset = open(ruleset, path, READ, role)?;
    }
    for path in &plan.write {
        ruleset = open(ruleset, path, READ | WRITE, role)?;
    }
    let status = ruleset.all_threads(true).and_then(RulesetCreated::restrict_self).map_err(refused)?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Ok(());
    }
    if !status.all_threads && threads != Some(1) {
        return uncovered(plan, mode, threads, report.landlock_abi);
    }
    report.landlock_fs = true;
    report.landlock_net = report.landlock_abi >= WITH_TCP;
    report.landlock_scopes = report.landlock_abi >= WITH_SCOPES;
    Ok(())
}

/// Reading: files and folder listings. Executing is never granted.
const READ: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
/// Writing: what SQLite and append files need. No devices, sockets, pipes or links: nothing here makes them.
const WRITE: BitFlags<AccessFs> =
    make_bitflags!(AccessFs::{WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer});
/// The part of both that a rule on a single file may hold.
const FILE: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | WriteFile | Truncate});

/// A rule set that handles every right of the kernel and grants none.
fn everything_closed() -> Result<RulesetCreated, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?
        .create()
}

/// Grants `access` below `path`. A path that is not there is an error: skipped silently, it would fail much later.
fn open(
    ruleset: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
    role: &'static str,
) -> Result<RulesetCreated, JailError> {
    let unreachable = |reason: String| JailError::Path { path: path.to_path_buf(), reason };
    let folder = std::fs::metadata(path).map_err(|error| unreachable(error.to_string()))?.is_dir();
    let descriptor = PathFd::new(path).map_err(|error| unreachable(error.to_string()))?;
    let access = if folder { access } else { access & FILE };
    ruleset.add_rule(PathBeneath::new(descriptor, access)).map_err(|source| JailError::Landlock { role, source })
}

/// The kernel's Landlock version, 0 where it has none or it is switched off.
fn version() -> Result<u8, RulesetError> {
    // Asks for nothing, so nothing is set; the library answers with what the kernel said.
    let status = RestrictSelf::default().no_new_privs(false).apply()?;
    Ok(match status.landlock {
        LandlockStatus::Available { effective_abi, .. } => u8::try_from(effective_abi as i32).unwrap_or(0),
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    })
}

/// Other threads run on without the rule set: strict mode refuses, best effort reports Landlock as absent.
fn uncovered(plan: &Plan, mode: Mode, threads: Option<usize>, abi: u8) -> Result<(), JailError> {
    debug_assert!(abi < WITH_ALL_THREADS, "newer kernels restrict all threads");
    match mode {
        Mode::BestEffort => Ok(()),
        Mode::Strict => Err(JailError::Threads { role: plan.role.name(), threads: threads.unwrap_or(0), abi }),
    }
}
