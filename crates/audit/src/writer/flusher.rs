//! The one thread that appends. Each flush takes everything that came since the last one, writes it as one batch, and calls
//! `fdatasync` once: back to back while somebody waits for the disk, after a moment's gathering when nobody does.
use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    sync::PoisonError,
    time::{Duration, Instant},
};

use super::{
    queue::Pending,
    shared::{Shared, Stage, Watch},
};
use crate::layout::{self, Layout};

/// The segment that is being written.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) layout: Layout,
    /// None until the first write of a segment.
    pub(crate) file: Option<File>,
    pub(crate) bytes: u64,
    /// A segment that has reached this is the last of its kind; the next batch begins a new one.
    pub(crate) bytes_max: u64,
}

impl Segment {
    fn write(&mut self, first: u64, batch: &[u8]) -> io::Result<()> {
        let begin = self.file.is_none() || self.bytes >= self.bytes_max;
        if begin {
            let path = self.layout.segment(first);
            self.file = Some(OpenOptions::new().append(true).create_new(true).open(path)?);
            self.bytes = 0;
        }
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("no segment is open"))?;
        file.write_all(batch)?;
        file.sync_data()?;
        self.bytes = self.bytes.saturating_add(batch.len() as u64);
        if begin {
            layout::sync_folder(&self.layout.append())?;
        }
        Ok(())
    }
}

/// Runs until the log is closed and the queue is empty, or the disk refuses a write.
pub(crate) fn run(shared: &Shared, mut segment: Segment, mut durable: u64, gather: Duration) {
    let _watch = Watch { shared, thread: "flusher" };
    let mut batch = Pending::new();
    while take(shared, &mut batch, gather) {
        let records = batch.records();
        let written = match batch.sealed(durable) {
            Some(bytes) => segment.write(durable, bytes),
            None => Err(io::Error::other("a batch is longer than any may be")),
        };
        if let Err(e) = written {
            shared.stop(format!("the disk refused a write to `{}`: {e}", segment.layout.append().display()));
            return;
        }
        durable += u64::from(records);
        shared.progress.send_modify(|p| p.durable = durable);
        batch.clear();
    }
    shared.stage.send_modify(|s| *s = Stage::Flushed.max(*s));
}

/// Waits for records and takes all of them. `false` when none will come any more.
fn take(shared: &Shared, batch: &mut Pending, gather: Duration) -> bool {
    let mut queue = shared.lock();
    while queue.pending.is_empty() {
        if queue.closed.is_some() {
            return false;
        }
        queue.idle = true;
        queue = shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        queue.idle = false;
    }
    let until = Instant::now() + gather;
    while !queue.is_urgent() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        queue.gathering = true;
        queue = shared.wake.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        queue.gathering = false;
    }
    queue.awaited = false;
    std::mem::swap(&mut queue.pending, batch);
    true
}
