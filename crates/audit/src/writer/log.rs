//! The handle of a log that is open for writing.
use std::{
    cell::RefCell,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    flusher,
    recover::{self, OpenError, Opened, Recovered},
    sequencer::Sequencer,
    shared::{Shared, Stage},
};
use crate::{CheckpointSigner, Event, Progress, Receipt, Record, RecordError, layout::Layout};

/// Sizes and rhythm of a log.
#[derive(Debug, Clone, Copy)]
pub struct LogOptions {
    /// How long records wait for their checkpoint, at most about.
    pub checkpoint_every: Duration,
    /// Bytes that may wait for the disk; beyond, [`RecordError::Full`]. At most 8 MiB.
    pub queue_bytes_max: usize,
    /// How long records gather before they are written when nobody waits for one of them. A flush costs the same for one
    /// record as for a thousand; this is also what a crash can take of records that nobody waited for.
    pub gather: Duration,
    /// Size at which the append file begins a new segment. Restart reads what is in segments; older records are in
    /// bundles alone.
    pub segment_bytes_max: u64,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            checkpoint_every: Duration::from_millis(800),
            queue_bytes_max: 8 << 20,
            gather: Duration::from_millis(5),
            segment_bytes_max: 8 << 20,
        }
    }
}

/// Where a log stands, for the posture page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Records on disk.
    pub durable: u64,
    /// Records under the last signed checkpoint.
    pub signed: u64,
    /// Why it stopped, if it did.
    pub stopped: Option<String>,
}

/// A log open for writing; there is one for each folder. Dropping it writes what is queued; [`Log::close`] also signs it.
#[derive(Debug)]
pub struct Log {
    shared: Arc<Shared>,
    progress: watch::Receiver<Progress>,
    ended: watch::Receiver<()>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    queue_bytes_max: usize,
}

thread_local! {
    /// One encoding buffer for each thread that records.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Log {
    /// Opens or creates the log in `dir` and makes whole what a crash left. Starts two threads; blocks on the disk, for
    /// about a second for each GB/s of segments to read, at most two segments.
    ///
    /// # Errors
    /// [`OpenError`]: another writer, files that no crash explains, or the disk.
    pub fn open(
        dir: &Path,
        signer: Arc<dyn CheckpointSigner>,
        options: LogOptions,
    ) -> Result<(Self, Recovered), OpenError> {
        let io = |source| OpenError::Io { dir: dir.to_owned(), source };
        let Opened { lock, segment, recovered, tree } = recover::open(dir, options.segment_bytes_max)?;
        let signed = tree.checkpoint.map_or(0, |c| c.size);
        let shared = Arc::new(Shared::new(recovered.records, signed, lock));
        let sequencer = Sequencer::new(Layout::new(dir), tree, signer, options.checkpoint_every, &shared);
        let (end, ended) = watch::channel(());
        let (flushing, sequencing) = (shared.clone(), shared.clone());
        let flush = thread::Builder::new().name("audit-flush".to_owned());
        let flush =
            flush.spawn(move || flusher::run(&flushing, segment, recovered.records, options.gather)).map_err(io)?;
        let sequence = thread::Builder::new().name("audit-sequence".to_owned()).spawn(move || {
            sequencer.run(&sequencing);
            drop(end);
        });
        let log = Self {
            progress: shared.progress.subscribe(),
            shared,
            ended,
            threads: Mutex::new(vec![flush]),
            queue_bytes_max: options.queue_bytes_max.min(8 << 20),
        };
        // On failure, dropping `log` ends the first thread.
        log.lock_threads().push(sequence.map_err(io)?);
        Ok((log, recovered))
    }

    fn lock_threads(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn status(&self) -> Status {
        Status {
            durable: self.progress.borrow().durable,
            signed: self.shared.signed.load(Ordering::Acquire),
            stopped: self.shared.reason().map(str::to_owned),
        }
    }

    /// Waits until everything recorded so far can be read from the files.
    ///
    /// # Errors
    /// [`RecordError::Stopped`] when the log stopped first.
    pub async fn settled(&self) -> Result<(), RecordError> {
        let next = self.shared.lock().next;
        match next.checked_sub(1) {
            Some(last) => Receipt::of(self.shared.clone(), last, self.progress.clone()).durable().await,
            None => Ok(()),
        }
    }

    /// Takes nothing more, writes what is queued, has it signed, and returns when no thread of the log runs any more.
    /// Without an answer of the signer it gives up after a few seconds: the next start signs what is there.
    ///
    /// # Errors
    /// [`RecordError::Stopped`] when records or the last checkpoint are missing on disk.
    pub async fn close(&self) -> Result<(), RecordError> {
        self.shared.close(Stage::Closing);
        let mut ended = self.ended.clone();
        // The sender is only ever dropped.
        while ended.changed().await.is_ok() {}
        let status = self.status();
        match status.stopped {
            Some(reason) => Err(RecordError::Stopped { reason }),
            None if status.signed < status.durable => {
                Err(RecordError::Stopped { reason: "its last checkpoint was not signed".to_owned() })
            }
            None => Ok(()),
        }
    }
}

impl Record for Log {
    fn record(&self, event: &Event) -> Result<Receipt, RecordError> {
        LINE.with_borrow_mut(|line| {
            line.clear();
            let encoded = serde_json::to_writer(&mut *line, event);
            encoded.map_err(|e| RecordError::Stopped { reason: format!("an event cannot be written as JSON: {e}") })?;
            let mut queue = self.shared.lock();
            let index = queue.push(line, self.queue_bytes_max)?;
            let wake = queue.must_wake();
            drop(queue);
            if wake {
                self.shared.wake.notify_one();
            }
            line.shrink_to(Event::MAX_BYTES);
            Ok(Receipt::of(self.shared.clone(), index, self.progress.clone()))
        })
    }

    fn is_healthy(&self) -> bool {
        self.shared.is_healthy()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.close(Stage::Abandoned);
        for thread in self.lock_threads().drain(..) {
            // A thread that failed has stopped the log and said so.
            let _ended = thread.join();
        }
    }
}
