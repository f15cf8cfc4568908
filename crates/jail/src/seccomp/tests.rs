//! The tables as such; what the kernel makes of them is in `tests/breach`.

use seccompiler::SeccompAction;

use super::{Filter, groups, hostile, program, roles};
use crate::Role;

/// The kernel refuses longer programs, and every tested call pays for each line.
#[test]
fn every_role_builds_and_stays_short() {
    for role in Role::ALL {
        let total: usize =
            roles::filters(role, 42).unwrap().into_iter().map(|filter| program(filter).unwrap().len()).sum();
        assert!(total < 1200, "{role:?}: {total} instructions");
    }
}

fn table(role: Role) -> Filter {
    roles::filters(role, 42).unwrap().pop().unwrap()
}

#[test]
fn the_default_answer_is_never_to_allow() {
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Supervisor) {
        let table = table(role);
        assert_eq!(table.hit, SeccompAction::Allow);
        assert_ne!(table.miss, SeccompAction::Allow);
        let dies = matches!(role, Role::Compile | Role::Snapshot | Role::Work);
        assert_eq!(table.miss == SeccompAction::KillProcess, dies, "{role:?}");
    }
}

#[test]
fn no_table_allows_what_is_hostile() {
    let hostile = [hostile::SYSTEM, hostile::SYSTEM_HERE, hostile::CHILD, hostile::CHILD_HERE].concat();
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Supervisor) {
        let allowed = table(role).rules.calls();
        let both: Vec<_> = hostile.iter().filter(|call| allowed.contains(call)).collect();
        assert!(both.is_empty(), "{role:?} allows {both:?}");
    }
}

#[test]
fn worker_and_compiler_name_no_file() {
    let by_name: Vec<i64> = [groups::READING, groups::OLDER_READING, groups::WRITING, groups::OLDER_WRITING].concat();
    // These two are in the table only because they must answer an error: see `what_libraries_probe…` in `tests/breach`.
    let answered = [libc::SYS_newfstatat, libc::SYS_statx];
    for role in [Role::Compile, Role::Snapshot, Role::Work] {
        let allowed = table(role).rules.calls();
        let named: Vec<_> = by_name.iter().filter(|call| allowed.contains(call) && !answered.contains(call)).collect();
        assert!(named.is_empty(), "{role:?} allows {named:?}");
    }
}

#[test]
fn a_bundler_names_files_to_read_and_none_to_change() {
    let changing = [groups::WRITING, groups::OLDER_WRITING].concat();
    // Opening is in the table under a condition on its flags: see `a_bundler_reads_and_changes_nothing` in `tests/breach`.
    let opening: &[i64] = if cfg!(target_arch = "x86_64") { &[libc::SYS_openat, 2] } else { &[libc::SYS_openat] };
    let allowed = table(Role::Bundle).rules.calls();
    let named: Vec<_> = changing.iter().filter(|call| allowed.contains(call) && !opening.contains(call)).collect();
    assert!(named.is_empty(), "the bundler allows {named:?}");
    assert!(groups::READING.iter().all(|call| allowed.contains(call)));
}
