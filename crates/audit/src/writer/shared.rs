//! What the handle, the flusher and the sequencer have in common.
use std::{
    fs::File,
    sync::{
        Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tokio::sync::watch;

use super::queue::Queue;
use crate::Progress;

/// How far the log's end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Running,
    /// Nothing more is taken; what is queued is written.
    Closing,
    /// All that was taken is on disk; a last checkpoint is signed.
    Flushed,
    /// The same, but nobody waits for a last checkpoint.
    Abandoned,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) queue: Mutex<Queue>,
    pub(crate) wake: Condvar,
    pub(crate) progress: watch::Sender<Progress>,
    pub(crate) stage: watch::Sender<Stage>,
    healthy: AtomicBool,
    reason: OnceLock<String>,
    /// Records under the last checkpoint.
    pub(crate) signed: AtomicU64,
    /// Held as long as anything writes.
    pub(crate) _lock: File,
}

impl Shared {
    pub(crate) fn new(size: u64, signed: u64, lock: File) -> Self {
        Self {
            queue: Mutex::new(Queue::new(size)),
            wake: Condvar::new(),
            progress: watch::Sender::new(Progress { durable: size, failed: false }),
            stage: watch::Sender::new(Stage::Running),
            healthy: AtomicBool::new(true),
            reason: OnceLock::new(),
            signed: AtomicU64::new(signed),
            _lock: lock,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody waits for record `index`: what is pending goes to disk as soon as the disk is free.
    pub(crate) fn hurry(&self, index: u64) {
        let mut queue = self.lock();
        // Records before the pending ones are being written, or were.
        if index < queue.next.saturating_sub(u64::from(queue.pending.records())) {
            return;
        }
        queue.awaited = true;
        if std::mem::take(&mut queue.gathering) {
            drop(queue);
            self.wake.notify_one();
        }
    }

    pub(crate) fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    /// Why the log stopped, if it did.
    pub(crate) fn reason(&self) -> Option<&str> {
        self.reason.get().map(String::as_str)
    }

    /// Ends the log for good: a disk that refused a write once may have lost pages that a second `fdatasync` would call
    /// written, so only a restart, which reads the file again, makes it whole.
    pub(crate) fn stop(&self, reason: String) {
        self.healthy.store(false, Ordering::Release);
        if self.reason.set(reason.clone()).is_ok() {
            tracing::error!(reason = %reason, "the audit log stopped, so nothing may happen any more; repair the cause and restart");
        }
        self.lock().closed.get_or_insert(reason);
        self.wake.notify_all();
        self.progress.send_modify(|p| p.failed = true);
    }

    /// Takes nothing more.
    pub(crate) fn close(&self, stage: Stage) {
        self.healthy.store(false, Ordering::Release);
        self.lock().closed.get_or_insert_with(|| "it was closed".to_owned());
        self.stage.send_modify(|s| *s = stage.max(*s));
        self.wake.notify_all();
    }
}

/// Stops the log when its thread ends in any other way than it should.
pub(crate) struct Watch<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) thread: &'static str,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared
                .stop(format!("its {} failed; this is a bug, report it with the log line before this", self.thread));
        }
    }
}
