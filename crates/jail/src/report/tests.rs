//! What a report says of itself.

use super::{Level, Report};
use crate::Role;

fn complete(role: Role) -> Report {
    Report {
        landlock_abi: 7,
        landlock_fs: true,
        landlock_net: true,
        landlock_scopes: true,
        seccomp: true,
        no_new_privs: true,
        dumpable: false,
        mdwe: role.never_executes_new_memory(),
        ..Report::new(role)
    }
}

/// One thing taken away from a complete report.
type Loss = fn(&mut Report);

#[test]
fn nothing_missing_is_full_and_each_gap_is_named() {
    let losses: [(Loss, &str, Level); 8] = [
        (|report| report.seccomp = false, "seccomp is missing", Level::Partial),
        (|report| (report.landlock_fs, report.landlock_abi) = (false, 0), "Landlock is missing", Level::Partial),
        (|report| report.landlock_fs = false, "does not cover all threads", Level::Partial),
        (|report| report.landlock_net = false, "no TCP rules", Level::Partial),
        (|report| report.landlock_scopes = false, "no scopes", Level::Partial),
        (|report| report.landlock_abi = 2, "truncation", Level::Partial),
        (|report| report.no_new_privs = false, "no_new_privs", Level::Partial),
        (|report| report.dumpable = true, "dumpable", Level::Partial),
    ];
    for role in [Role::Front, Role::Keeper, Role::Compile, Role::Snapshot, Role::Work] {
        assert_eq!((complete(role).level(), complete(role).missing()), (Level::Full, vec![]));
        for (lose, word, level) in losses {
            let mut report = complete(role);
            lose(&mut report);
            assert_eq!(report.level(), level, "{report:?}");
            assert!(report.missing().iter().any(|sentence| sentence.contains(word)), "{word}: {:?}", report.missing());
        }
    }
    assert_eq!(Report::new(Role::Work).level(), Level::None);
}

#[test]
fn the_supervisor_has_no_landlock_to_miss() {
    let mut report = complete(Role::Supervisor);
    (report.landlock_abi, report.landlock_fs, report.landlock_net, report.landlock_scopes) = (0, false, false, false);
    assert_eq!(report.level(), Level::Full);
    report.seccomp = false;
    assert_eq!(report.level(), Level::None);
}

#[test]
fn an_unknown_role_is_held_to_everything() {
    let mut report = complete(Role::Work);
    report.role = "broker".into();
    assert_eq!(report.level(), Level::Partial, "it has no mdwe");
    report.mdwe = true;
    assert_eq!(report.level(), Level::Full);
}

#[test]
fn strict_mode_stands_on_one_lock_for_each_door() {
    let mut old_kernel = complete(Role::Work);
    (old_kernel.landlock_abi, old_kernel.landlock_net, old_kernel.landlock_scopes) = (2, false, false);
    assert_eq!(old_kernel.refusals(true), Vec::<&str>::new());
    assert_eq!(old_kernel.refusals(false).len(), 1);
    old_kernel.landlock_fs = false;
    assert_eq!(old_kernel.refusals(true).len(), 1);
}
