//! The platform's own work still goes on behind closed doors, and the report says what is closed.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{End, attempt, executable, expect_each, probe};

/// What every child does: it lives as a tokio process on inherited descriptors.
const COMMON: &[&str] =
    &["nothing", "descriptor-passing", "threads-and-clocks", "tokio", "image-memory", "caught-panic"];

#[test]
fn every_child_can_do_its_work() {
    for role in ["work", "snapshot", "compile", "keeper", "front", "supervisor"] {
        expect_each(role, COMMON, &End::Done);
    }
    // Bundler and mailer have no memory images: they may not even fill a memfd.
    let (images, others): (Vec<&str>, Vec<&str>) = COMMON.iter().partition(|deed| **deed == "image-memory");
    for role in ["bundle", "mailer"] {
        expect_each(role, &others, &End::Done);
        expect_each(role, &images, &End::Signal(libc::SIGXFSZ));
    }
}

#[test]
fn a_worker_publishes_code() {
    expect_each("work", &["publish-code", "protect-exec"], &End::Done);
}

#[test]
fn a_front_accepts_on_an_inherited_listener() {
    assert_eq!(attempt("front", "accept-inherited"), End::Done);
}

#[test]
fn a_thread_of_the_keeper_goes_last() {
    assert_eq!(attempt("keeper", "step-back"), End::Done);
    assert_eq!(attempt("front", "step-back"), End::Errno(libc::ENOSYS));
}

#[test]
fn an_abort_is_an_abort_and_not_an_attack() {
    for role in ["work", "snapshot", "compile", "keeper", "front", "bundle", "mailer"] {
        assert_eq!(attempt(role, "abort"), End::Signal(libc::SIGABRT), "{role}");
    }
}

#[test]
fn a_supervisor_starts_children_that_lock_themselves() {
    expect_each(
        "supervisor",
        &["spawn", "spawn-child", "tcp-socket", "kill-parent", "read-passwd", "pidfd-open"],
        &End::Done,
    );
}

#[test]
fn strict_mode_starts_here_and_reports_everything_closed() {
    for role in ["work", "snapshot", "compile", "keeper", "front", "bundle", "mailer", "supervisor"] {
        let run = probe(&[role, "both", "strict", "nothing"]);
        assert_eq!(run.end, End::Done, "{role}");
        let (level, missing, report) = run.report.unwrap();
        assert_eq!(report.role, role);
        assert!(report.seccomp && report.no_new_privs && !report.dumpable, "{report:?}");
        assert_eq!(report.mdwe, !matches!(role, "work" | "snapshot" | "supervisor"));
        // Older kernels have fewer second locks; the level must say so.
        let complete = role == "supervisor" || report.landlock_abi >= 6;
        assert_eq!(
            (level.as_str(), missing == 0),
            if complete { ("Full", true) } else { ("Partial", false) },
            "{report:?}"
        );
        if role != "supervisor" {
            assert!(report.landlock_abi > 0 && report.landlock_fs, "{report:?}");
        }
    }
}

#[test]
fn strict_mode_refuses_a_missing_lock() {
    for (layers, word) in [("landlock", "seccomp is missing"), ("seccomp", "Landlock is missing"), ("none", "; ")] {
        let End::Refused(message) = probe(&["work", layers, "strict", "nothing"]).end else {
            panic!("{layers}: must refuse")
        };
        assert!(message.contains(word) && message.contains("`work`"), "{message}");
    }
    // The supervisor has no Landlock to miss.
    assert_eq!(probe(&["supervisor", "seccomp", "strict", "nothing"]).end, End::Done);
}

#[test]
fn a_kernel_without_landlock_degrades_and_says_so() {
    let run = probe(&["work", "no-landlock", "best", "nothing"]);
    assert_eq!(run.end, End::Done);
    let (level, missing, report) = run.report.unwrap();
    assert_eq!((level.as_str(), missing, report.landlock_abi), ("Partial", 1, 0), "{report:?}");
    assert!(report.seccomp && !report.landlock_fs && !report.landlock_net && !report.landlock_scopes, "{report:?}");
    // The other lock holds.
    assert_eq!(probe(&["work", "no-landlock", "best", "read-passwd"]).end, End::Signal(libc::SIGSYS));
    let End::Refused(message) = probe(&["work", "no-landlock", "strict", "nothing"]).end else { panic!("must refuse") };
    assert!(message.contains("Landlock is missing") && message.contains("use Linux 5.13"), "{message}");
}

#[test]
fn a_kernel_without_seccomp_degrades_and_says_so() {
    let run = probe(&["work", "no-seccomp", "best", "nothing"]);
    assert_eq!(run.end, End::Done);
    let (level, missing, report) = run.report.unwrap();
    assert_eq!((level.as_str(), missing), ("Partial", 1), "{report:?}");
    assert!(report.landlock_fs && !report.seccomp && !report.mdwe, "{report:?}");
    assert_eq!(probe(&["work", "no-seccomp", "best", "read-passwd"]).end, End::Errno(libc::EACCES));
    let End::Refused(message) = probe(&["work", "no-seccomp", "strict", "nothing"]).end else { panic!("must refuse") };
    assert!(message.contains("CONFIG_SECCOMP_FILTER"), "{message}");
}

#[test]
fn a_child_dies_with_its_parent() {
    let mut parent = Command::new(executable()).args(["outside", "orphan"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    // The child's own output went to its parent; this pipe ends with the parent.
    parent.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(parent.wait().unwrap().success());
    let child = text.trim().strip_prefix("child ").unwrap().to_owned();
    let until = Instant::now() + Duration::from_secs(10);
    while alive(&child) {
        assert!(Instant::now() < until, "child {child} outlived its parent");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether the process is there and not merely waiting to be collected.
fn alive(id: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_compile_job_is_bounded() {
    let outside = |deed: &str| Command::new(executable()).args(["outside", deed]).output().unwrap();
    let start = Instant::now();
    let busy = outside("cpu");
    let signal = std::os::unix::process::ExitStatusExt::signal(&busy.status);
    assert!(matches!(signal, Some(libc::SIGXCPU | libc::SIGKILL)), "{busy:?}");
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(String::from_utf8_lossy(&outside("memory").stdout), format!("errno {}\n", libc::ENOMEM));
    let file = outside("file");
    let signal = std::os::unix::process::ExitStatusExt::signal(&file.status);
    assert!(signal == Some(libc::SIGXFSZ) || file.stdout.starts_with(b"errno "), "{file:?}");
}
