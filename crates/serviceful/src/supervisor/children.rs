//! Starting a process with one channel as its standard input, and nothing else.
use std::{os::fd::OwnedFd, path::Path, process::Stdio};

use anyhow::Context;
use tokio::process::{Child, Command};

/// A started process and our end of its channel.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) channel: OwnedFd,
}

/// Starts `program` with `arguments`; `words` is its standard error. The environment is empty but for the log level.
#[expect(clippy::disallowed_methods, reason = "the supervisor starts processes")]
pub(super) fn start(
    program: &Path,
    arguments: &[&std::ffi::OsStr],
    log: Option<&str>,
    words: Stdio,
) -> anyhow::Result<Started> {
    let (ours, theirs) = wire::pair().context("cannot make a channel")?;
    // The child reads its channel without waiting; `wire::inherited` sets that again on its own copy.
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(words)
        .kill_on_drop(true);
    // A jailed compiler may not open the files that tell how many cores there are.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    command.env("RAYON_NUM_THREADS", cores.to_string());
    if let Some(level) = log {
        command.env("SERVICEFUL_LOG", level);
    }
    // Signals of the terminal go to the supervisor, which tells its children what to do.
    command.process_group(0);
    let child = command.spawn().with_context(|| format!("cannot start `{}`", program.display()))?;
    Ok(Started { child, channel: ours })
}
