//! Starts `examples/probe`, which takes a role and does one deed, and reads how it ended.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;

use jail::Report;

/// Number of the signal that a filter's kill looks like to the parent.
pub(crate) const SIGSYS: i32 = libc::SIGSYS;

/// How a probe ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The deed worked.
    Done,
    /// The kernel answered this error number.
    Errno(i32),
    /// The process was ended by this signal during the deed.
    Signal(i32),
    /// `apply` refused, with this message.
    Refused(String),
    /// Anything else, which no test expects: a panic, an early death.
    Strange(String),
}

/// A finished probe.
pub(crate) struct Run {
    pub(crate) end: End,
    /// What it said of its locks, with `level()` by name and the number of sentences in `missing()`.
    pub(crate) report: Option<(String, usize, Report)>,
}

/// The executable, beside this test's own in `target/<profile>/examples`.
pub(crate) fn executable() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.set_file_name("examples");
    path.push("probe");
    assert!(path.exists(), "`{}` is not built; run all targets: `cargo nextest run -p jail`", path.display());
    path
}

/// `probe <arguments>`.
pub(crate) fn probe(arguments: &[&str]) -> Run {
    // Backtraces read files; the platform's supervisor starts its children with an empty environment, too.
    let output = Command::new(executable()).args(arguments).env_clear().output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut report = None;
    let mut end = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("report ") {
            let mut parts = rest.splitn(3, ' ');
            let missing = parts.next().unwrap().parse().unwrap();
            let level = parts.next().unwrap().to_owned();
            report = Some((level, missing, serde_json::from_str(parts.next().unwrap()).unwrap()));
        } else if let Some(number) = line.strip_prefix("errno ") {
            end = Some(End::Errno(number.parse().unwrap()));
        } else if let Some(message) = line.strip_prefix("refused ") {
            end = Some(End::Refused(message.to_owned()));
        } else if line == "done" {
            end = Some(End::Done);
        }
    }
    let end = match (end, output.status.signal()) {
        (Some(end), None) if output.status.success() => end,
        (None, Some(signal)) if report.is_some() => End::Signal(signal),
        (end, signal) => End::Strange(format!("{end:?}, signal {signal:?}, {}\n{text}{errors}", output.status)),
    };
    Run { end, report }
}

/// One deed of a role behind both locks.
pub(crate) fn attempt(role: &str, deed: &str) -> End {
    probe(&[role, "both", "best", deed]).end
}

/// Asserts the end of each deed and names all that differ, not only the first.
pub(crate) fn expect_each(role: &str, deeds: &[&str], expected: &End) {
    let wrong: Vec<String> = deeds
        .iter()
        .map(|deed| (deed, attempt(role, deed)))
        .filter(|(_, end)| end != expected)
        .map(|(deed, end)| format!("{deed}: {end:?}"))
        .collect();
    assert!(wrong.is_empty(), "role {role}, expected {expected:?}, but:\n{}", wrong.join("\n"));
}
