//! The first lock by itself, as if an attacker had found a hole in the second.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::common::{End, probe};

fn alone(role: &str, deed: &str, more: &[&str]) -> End {
    let run = probe(&[&[role, "landlock", "best", deed], more].concat());
    let (level, _, report) = run.report.unwrap();
    assert_eq!(level, "Partial");
    assert!(report.landlock_fs && !report.seccomp && !report.mdwe, "{report:?}");
    run.end
}

#[test]
fn files_are_out_of_reach() {
    for role in ["work", "snapshot", "compile", "keeper", "front", "bundle", "mailer"] {
        for deed in [
            "read-passwd",
            "read-own-memory",
            "read-environment",
            "read-parent-memory",
            "list-root",
            "write-tmp",
            "exec",
        ] {
            assert_eq!(alone(role, deed, &[]), End::Errno(libc::EACCES), "{role} {deed}");
        }
    }
}

#[test]
fn tcp_is_out_of_reach_on_a_socket_that_was_left_open() {
    for role in ["work", "mailer"] {
        for deed in ["tcp-connect", "tcp-bind"] {
            assert_eq!(alone(role, deed, &[]), End::Errno(libc::EACCES), "{role} {deed}");
        }
    }
}

#[test]
fn other_processes_are_out_of_reach() {
    for deed in ["kill-parent", "tgkill-parent", "tkill-parent", "ptrace-attach", "read-parent", "write-parent"] {
        assert_eq!(alone("work", deed, &[]), End::Errno(libc::EPERM), "{deed}");
    }
}

#[test]
fn abstract_sockets_are_out_of_reach() {
    let name = format!("jail-test-{}", std::process::id());
    let _listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let name = format!("@{name}");
    assert_eq!(probe(&["work", "none", "best", "unix-connect", "--with", &name]).end, End::Done);
    assert_eq!(alone("work", "unix-connect", &["--with", &name]), End::Errno(libc::EPERM));
}

#[test]
fn a_thread_from_before_is_named_as_a_gap() {
    let run = probe(&["work", "landlock", "best", "old-thread-read"]);
    let (level, missing, report) = run.report.unwrap();
    if report.landlock_abi >= 8 {
        assert_eq!(run.end, End::Errno(libc::EACCES));
    } else {
        // The kernel does not cover it: the report must not claim that it does.
        assert_eq!((run.end, level.as_str()), (End::Done, "None"));
        assert!(!report.landlock_fs && !report.landlock_net && !report.landlock_scopes, "{report:?}");
        assert!(missing > 0);
        let End::Refused(message) = probe(&["work", "both", "strict", "old-thread-read"]).end else {
            panic!("strict mode must refuse")
        };
        assert!(message.contains("before the first thread is started"), "{message}");
    }
}
