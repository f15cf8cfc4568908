//! The handle through which others record.
use std::sync::Arc;

use tokio::sync::watch;

use crate::{Event, writer::Shared};

/// Why an event could not be recorded. Whoever sees this must not do what it wanted to record.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    #[error("the audit log stopped: {reason}")]
    Stopped { reason: String },
    #[error("the audit queue is full; events arrive faster than the disk takes them")]
    Full,
    #[error("an event of {bytes} bytes is longer than {max}")]
    TooLong { bytes: usize, max: usize },
}

/// Records events, in the order of the calls.
pub trait Record: Send + Sync {
    /// Puts the event into the log's queue. Cheap: it encodes and enqueues, and never waits for the disk.
    fn record(&self, event: &Event) -> Result<Receipt, RecordError>;

    /// Whether the next event is expected to be accepted. Asked before work begins: no audit write, no action.
    fn is_healthy(&self) -> bool;
}

/// How far the log is on disk: entries below `durable` survive a crash; `failed` ends all waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub durable: u64,
    pub failed: bool,
}

/// A promise that an event will be durable.
#[derive(Debug)]
pub struct Receipt {
    index: u64,
    progress: watch::Receiver<Progress>,
    /// The log to hurry when somebody waits.
    log: Option<Arc<Shared>>,
}

impl Receipt {
    /// For implementations of [`Record`]: the entry `index` is durable once `progress.durable > index`.
    pub const fn new(index: u64, progress: watch::Receiver<Progress>) -> Self {
        Self { index, progress, log: None }
    }

    pub(crate) const fn of(log: Arc<Shared>, index: u64, progress: watch::Receiver<Progress>) -> Self {
        Self { index, progress, log: Some(log) }
    }

    /// The entry's place in the log, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Waits until the entry is on disk. The log writes at once when somebody waits.
    pub async fn durable(mut self) -> Result<(), RecordError> {
        let index = self.index;
        if let Some(log) = &self.log {
            log.hurry(index);
        }
        let stopped = |reason: &str| RecordError::Stopped { reason: reason.to_owned() };
        let seen =
            self.progress.wait_for(|p| p.durable > index || p.failed).await.map_err(|_| stopped("its writer ended"))?;
        if seen.durable > index { Ok(()) } else { Err(stopped("the disk refused a write")) }
    }
}
