//! An attacker runs native code in a closed process: each attempt ends as the role's table says.

use crate::common::{End, SIGSYS, attempt, expect_each, probe};

/// What no child of the supervisor ever does.
const HOSTILE: &[&str] = &[
    "tcp-socket",
    "tcp6-socket",
    "udp-socket",
    "unix-socket",
    "netlink-socket",
    "packet-socket",
    "vsock-socket",
    "tcp-connect",
    "tcp-bind",
    "tcp-listen",
    "unix-connect",
    "exec",
    "exec-memfd",
    "fork",
    "clone-vm",
    "clone-user-namespace",
    "ptrace-attach",
    "ptrace-me",
    "kill-parent",
    "kill-all",
    "tgkill-parent",
    "tkill-parent",
    "queue-signal",
    "pidfd-open",
    "read-parent",
    "write-parent",
    "unshare",
    "setns",
    "mount",
    "chroot",
    "bpf",
    "perf",
    "userfaultfd",
    "keyctl",
    "io-uring",
    "personality",
    "load-module",
    "set-user",
    "make-device",
    "old-thread-socket",
];

/// What front and keeper may have reasons for and worker and compiler have none.
const OUTSIDE_THE_TABLE: &[&str] = &[
    "read-passwd",
    "read-own-memory",
    "read-environment",
    "read-parent-memory",
    "list-root",
    "write-tmp",
    "access-passwd",
    "chdir-root",
    "read-link",
    "openat2-named",
    "truncate-path",
    "inotify",
    "accept",
    "datagram-pair",
    "attach-filter",
    "signal-by-owner",
    "signal-by-owner-ioctl",
    "limit-parent",
    "raise-limit",
    "be-dumpable",
    "outlive-parent",
    "new-filter",
    "shared-memory",
    "message-queue",
    "unknown-call",
    "map-exec",
    "map-write-exec",
    "protect-write-exec",
    "protect-exec-high-bits",
    "thread-namespace",
    "old-thread-read",
    "new-thread-read",
];

#[test]
fn a_worker_that_attacks_dies_of_it() {
    expect_each("work", HOSTILE, &End::Signal(SIGSYS));
    expect_each("work", OUTSIDE_THE_TABLE, &End::Signal(SIGSYS));
}

#[test]
fn a_snapshot_process_that_attacks_dies_of_it() {
    expect_each("snapshot", HOSTILE, &End::Signal(SIGSYS));
    expect_each("snapshot", OUTSIDE_THE_TABLE, &End::Signal(SIGSYS));
}

#[test]
fn a_compiler_that_attacks_dies_of_it() {
    expect_each("compile", HOSTILE, &End::Signal(SIGSYS));
    expect_each("compile", OUTSIDE_THE_TABLE, &End::Signal(SIGSYS));
    // It writes code into a file; it never runs any.
    assert_eq!(attempt("compile", "protect-exec"), End::Signal(SIGSYS));
}

#[test]
fn a_keeper_or_front_or_bundler_that_attacks_dies_of_it() {
    for role in ["keeper", "front", "bundle", "mailer"] {
        expect_each(role, HOSTILE, &End::Signal(SIGSYS));
    }
}

#[test]
fn what_roles_with_files_do_not_need_is_refused_without_an_outage() {
    let no_such_call = End::Errno(libc::ENOSYS);
    for role in ["keeper", "front", "bundle"] {
        expect_each(
            role,
            &[
                "chdir-root",
                "openat2-named",
                "truncate-path",
                "inotify",
                "datagram-pair",
                "attach-filter",
                "signal-by-owner",
                "signal-by-owner-ioctl",
                "starve-parent",
                "go-first",
                "limit-parent",
                "raise-limit",
                "be-dumpable",
                "outlive-parent",
                "new-filter",
                "shared-memory",
                "message-queue",
                "unknown-call",
                "clone3",
                "map-exec",
                "map-write-exec",
                "protect-exec",
                "protect-write-exec",
                "thread-namespace",
                "symlink-named",
            ],
            &no_such_call,
        );
        // Files: Landlock answers, on each thread.
        expect_each(
            role,
            &[
                "read-passwd",
                "read-own-memory",
                "read-environment",
                "read-parent-memory",
                "list-root",
                "new-thread-read",
            ],
            &End::Errno(libc::EACCES),
        );
    }
    for role in ["keeper", "front"] {
        assert_eq!(attempt(role, "write-tmp"), End::Errno(libc::EACCES), "{role}");
    }
    for role in ["keeper", "bundle", "mailer"] {
        assert_eq!(attempt(role, "accept"), no_such_call, "{role}");
    }
    // A mailer has no call that names a file, nor one that makes a connection.
    expect_each(
        "mailer",
        &["read-passwd", "stat-passwd", "write-tmp", "read-link", "chdir-root", "map-exec", "clone3", "datagram-pair"],
        &no_such_call,
    );
    // Opening a file to make it is refused by its flags, before Landlock is asked.
    assert_eq!(attempt("bundle", "write-tmp"), no_such_call);
}

#[test]
fn what_libraries_probe_is_refused_without_a_death() {
    for role in ["work", "snapshot", "compile"] {
        // No answer tells whether a file exists.
        expect_each(role, &["stat-passwd", "statx-passwd", "clone3"], &End::Errno(libc::ENOSYS));
        assert_eq!(attempt(role, "terminal"), End::Done);
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn other_entries_to_the_kernel_are_closed() {
    for role in ["work", "snapshot", "compile"] {
        expect_each(role, &["x32-getpid", "x32-ptrace", "through-32-bit"], &End::Signal(SIGSYS));
    }
    for role in ["front", "keeper", "bundle", "mailer"] {
        expect_each(role, &["x32-getpid", "x32-ptrace"], &End::Errno(libc::ENOSYS));
        assert_eq!(attempt(role, "through-32-bit"), End::Signal(SIGSYS));
    }
    assert_eq!(attempt("supervisor", "x32-ptrace"), End::Errno(libc::EPERM));
    assert_eq!(attempt("supervisor", "through-32-bit"), End::Signal(SIGSYS));
}

#[test]
fn the_supervisor_and_what_it_starts_cannot_reach_the_kernel() {
    expect_each(
        "supervisor",
        &[
            "ptrace-attach",
            "ptrace-me",
            "read-parent",
            "write-parent",
            "clone-user-namespace",
            "unshare",
            "setns",
            "mount",
            "chroot",
            "bpf",
            "perf",
            "userfaultfd",
            "keyctl",
            "io-uring",
            "personality",
            "load-module",
        ],
        &End::Errno(libc::EPERM),
    );
    assert_eq!(attempt("supervisor", "clone3"), End::Errno(libc::ENOSYS));
}

/// Without a jail the same attempts work here: a probe that cannot fail would prove nothing.
#[test]
fn without_a_jail_the_attempts_work() {
    let worked = [
        "read-passwd",
        "read-environment",
        "list-root",
        "stat-passwd",
        "tcp-socket",
        "udp-socket",
        "unix-socket",
        "tcp-connect",
        "tcp-bind",
        "accept",
        "spawn",
        "fork",
        "kill-parent",
        "tgkill-parent",
        "pidfd-open",
        "signal-by-owner",
        "signal-by-owner-ioctl",
        "datagram-pair",
        "map-exec",
        "map-write-exec",
        "protect-write-exec",
        "be-dumpable",
        "outlive-parent",
        "old-thread-socket",
        "old-thread-read",
        "new-thread-read",
    ];
    for deed in worked {
        let run = probe(&["work", "none", "best", deed]);
        assert_eq!(run.end, End::Done, "{deed}");
        assert_eq!(run.report.unwrap().0, "None", "nothing is closed and the report must say so");
    }
}
