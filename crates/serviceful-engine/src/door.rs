//! How each role comes to life: the inherited channel, the jail, the runtime.
use std::{io, os::fd::OwnedFd};

use jail::{JailError, Mode, Plan, Role};
use serde::Serialize;
use wire::{ChannelError, Frame, FrameError};

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
    #[error("the front broke the protocol")]
    Protocol(#[from] FrameError),
    #[error("the front broke the protocol: {what}")]
    Order { what: &'static str },
}

/// Takes the channel, and dies with the supervisor.
pub(crate) fn open() -> Result<OwnedFd, StartError> {
    jail::die_with_parent()?;
    wire::inherited().map_err(|source| StartError::NotAChild { source })
}

/// Closes the process. Gives the report as JSON.
pub(crate) fn close(role: Role) -> Result<String, StartError> {
    // Strictness is the supervisor's call: it reads every report and refuses to serve when `strict` finds gaps.
    let report = jail::apply(&Plan { role, read: Vec::new(), write: Vec::new() }, Mode::BestEffort)?;
    Ok(serde_json::to_string(&report).unwrap_or_default())
}

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
