//! The process that people start: it starts another one for the work, and lives to tell how that ended.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use wire::bundle::{DOCUMENT_BYTES_MAX, Document};

use crate::bundle::refused;
use crate::inside::{CPU_S, HEAP_BYTES};

/// First argument of the process that does the work.
pub(crate) const INSIDE: &str = "--inside";

/// How long the work may take. Its CPU time ends it before, unless it waits for a file that never comes.
const WALL: Duration = Duration::from_secs(180);
/// What is read of the child's complaints.
const COMPLAINTS_BYTES_MAX: u64 = 16 << 10;

/// Bundles, prints the document, and ends as it says.
pub(crate) fn run(project: &str, entry: &str) -> ExitCode {
    let (document, code) = match start(project, entry) {
        Ok(child) => follow(child),
        Err(error) => failed(format!("the bundler cannot start itself again: {error}; is `/proc` mounted?")),
    };
    // Whoever asked may be gone; nothing else is lost.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(&document).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    ExitCode::from(code)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the work is done in a process of its own, so that its death can be told"
)]
fn start(project: &str, entry: &str) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args([INSIDE, project, entry])
        // Nothing of the user's environment is part of a bundle.
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// The child's document and exit code, or ours if it died.
fn follow(mut child: Child) -> (Vec<u8>, u8) {
    let document = read(child.stdout.take(), u64::try_from(DOCUMENT_BYTES_MAX).unwrap_or(u64::MAX) + 1);
    let complaints = read(child.stderr.take(), COMPLAINTS_BYTES_MAX);
    let document = document.recv_timeout(WALL).ok();
    if document.as_ref().is_none_or(|document| document.len() > DOCUMENT_BYTES_MAX) {
        // It may be gone already.
        let _ = child.kill();
    }
    let status = match child.wait() {
        Ok(status) => status,
        Err(error) => return failed(format!("the bundler's end cannot be told: {error}")),
    };
    match (document, status.code()) {
        (None, _) => failed(format!(
            "bundling took more than {} s; this machine has too much to do, or the project's disk does not answer",
            WALL.as_secs()
        )),
        (Some(document), _) if document.len() > DOCUMENT_BYTES_MAX => failed(format!(
            "the result is larger than {} MiB; import less, or only what is needed of a package",
            DOCUMENT_BYTES_MAX >> 20
        )),
        (Some(document), Some(code @ (0 | 1))) if !document.is_empty() => (document, if code == 0 { 0 } else { 1 }),
        _ => {
            // What stands behind the dead child's pipe is there already.
            let complaints = complaints.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
            failed(death(status, &String::from_utf8_lossy(&complaints)))
        }
    }
}

/// Reads a pipe to its end, or to `limit`, beside this thread.
fn read(pipe: Option<impl Read + Send + 'static>, limit: u64) -> mpsc::Receiver<Vec<u8>> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // A pipe that breaks has given what it had.
            let _ = pipe.take(limit).read_to_end(&mut bytes);
        }
        let _ = send.send(bytes);
    });
    receive
}

/// Why a child without an answer died.
fn death(status: ExitStatus, complaints: &str) -> String {
    let line = complaints.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing");
    let signal = status.signal();
    if complaints.contains("has overflowed its stack") || signal == Some(SIGSEGV) {
        return "the source nests too deeply for the bundler: an expression of hundreds of thousands of operators, or as long a chain of `else if`; generate flatter code".into();
    }
    if complaints.contains("memory allocation of") {
        return format!(
            "bundling took more than {} MiB of memory; import less, or only what is needed of a package",
            HEAP_BYTES >> 20
        );
    }
    match signal {
        Some(SIGXCPU) => {
            format!("bundling took more than {CPU_S} s of CPU time; import less, or only what is needed of a package")
        }
        Some(SIGKILL) => "the bundler was killed, by hand or because this machine has no memory left".into(),
        Some(SIGSYS) => {
            "the bundler made a system call that its jail forbids; report this with the source that it was given".into()
        }
        _ => format!("the bundler failed ({status}): {line}; report this with the source that it was given"),
    }
}

const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
const SIGXCPU: i32 = 24;
const SIGSYS: i32 = 31;

fn failed(message: String) -> (Vec<u8>, u8) {
    (json(&refused(message)), 1)
}

/// The document as bytes.
pub(crate) fn json(document: &Document) -> Vec<u8> {
    serde_json::to_vec(document).unwrap_or_default()
}
