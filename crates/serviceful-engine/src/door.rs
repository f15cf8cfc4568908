//! How each role comes to life: the inherited channel, the jail, the runtime.
use std::{hint::black_box, io, os::fd::OwnedFd, thread};

use jail::{JailError, Mode, Plan, Role};
use serde::Serialize;
use wire::{ChannelError, Frame, FrameError};

use crate::clock;

/// Why a role could not start, or how it ended early.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("standard input is not a channel to the platform; the supervisor starts this program, people do not")]
    NotAChild {
        #[source]
        source: io::Error,
    },
    #[error("the engine cannot be set up")]
    Engine { source: wasmtime::Error },
    #[error("the process could not be closed")]
    Jail(#[from] JailError),
    #[error("the runtime cannot be started")]
    Runtime {
        #[source]
        source: io::Error,
    },
    #[error("`/proc/self/status` cannot be read; mount `/proc`")]
    Status {
        #[source]
        source: io::Error,
    },
    #[error("threads cannot be started: {reason}")]
    Threads { reason: String },
    #[error("the channel cannot be opened")]
    Channel {
        #[source]
        source: io::Error,
    },
    #[error("the channel ended")]
    Ended(#[from] ChannelError),
    #[error("`{name}` needs a number")]
    Argument { name: &'static str },
    #[error("the front broke the protocol")]
    Protocol(#[from] FrameError),
    #[error("the front broke the protocol: {what}")]
    Order { what: &'static str },
}

/// Takes the channel, and dies with the supervisor.
pub(crate) fn open() -> Result<OwnedFd, StartError> {
    jail::die_with_parent()?;
    // When memory runs out, an engine process goes before anything that others depend on. Where `/proc` does not take it, nothing is lost.
    let _ = std::fs::write("/proc/self/oom_score_adj", "800");
    wire::inherited().map_err(|source| StartError::NotAChild { source })
}

/// Closes the process. Gives the report as JSON.
pub(crate) fn close(role: Role) -> Result<String, StartError> {
    warm_up()?;
    // The supervisor passes the operator's word on; a process that cannot be closed as it says does not start.
    let strict = std::env::args_os().skip(2).any(|argument| argument == "--strict");
    let mode = if strict { Mode::Strict } else { Mode::BestEffort };
    if let Some(mib) = memory_mib(std::env::args().skip(2))? {
        jail::limit_work(mib << 20)?;
    }
    let report = jail::apply(&Plan { role, read: Vec::new(), write: Vec::new() }, mode)?;
    Ok(serde_json::to_string(&report).unwrap_or_default())
}

/// What follows `--memory-mib`: the supervisor's word on what a worker may have beyond its pool.
fn memory_mib(mut arguments: impl Iterator<Item = String>) -> Result<Option<u64>, StartError> {
    if !arguments.any(|argument| argument == "--memory-mib") {
        return Ok(None);
    }
    // SECURITY: a limit that cannot be read must not become no limit.
    let mib = arguments.next().and_then(|text| text.parse().ok()).filter(|mib| *mib <= u64::MAX >> 20);
    mib.map(Some).ok_or(StartError::Argument { name: "--memory-mib" })
}

/// Makes libraries do now, once, what they would otherwise do later with calls that the jail kills for.
fn warm_up() -> Result<(), StartError> {
    // The first reading of a clock looks for the kernel's fast path.
    let _ = (clock::monotonic_ns(), clock::thread_cpu_ns());
    // The first time that glibc gives a thread's memory back, it asks `/proc` how the kernel overcommits, and remembers
    // the answer (malloc/arena.c, `shrink_heap`). The thread has ended before the jail counts threads.
    let churn = || drop(black_box((0..ARENA_BLOCKS).map(|_| vec![0_u8; ARENA_BLOCK_BYTES]).collect::<Vec<_>>()));
    let thread =
        thread::Builder::new().spawn(churn).map_err(|error| StartError::Threads { reason: error.to_string() })?;
    thread.join().map_err(|_| StartError::Threads { reason: "the first one panicked".into() })
}

/// Blocks below glibc's threshold for maps of their own (128 KiB), together far over its threshold for giving back.
const ARENA_BLOCK_BYTES: usize = 100 << 10;
const ARENA_BLOCKS: usize = 64;

/// A runtime on this thread.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, StartError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|source| StartError::Runtime { source })
}

/// A frame around a message.
pub(crate) fn frame<T: Serialize>(kind: u8, stream: u32, message: &T) -> Result<Frame, FrameError> {
    Ok(Frame::new(kind, stream, wire::encode(message)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_a_number_or_the_process_does_not_start() {
        let read = |text: &str| memory_mib(text.split_whitespace().map(str::to_owned));
        assert!(matches!(read(""), Ok(None)));
        assert!(matches!(read("--strict"), Ok(None)));
        assert!(matches!(read("--memory-mib 256 --strict"), Ok(Some(256))));
        for bad in ["--memory-mib", "--memory-mib --strict", "--memory-mib x", "--memory-mib 99999999999999999"] {
            assert!(matches!(read(bad), Err(StartError::Argument { .. })), "{bad}");
        }
    }
}
