//! What has been recorded and waits for the next flush.
use crate::{RecordError, batch, entries};

/// The records of the next batch, behind room for its header.
#[derive(Debug)]
pub(crate) struct Pending {
    bytes: Vec<u8>,
    records: u32,
}

/// A buffer that a burst made larger than this is given back afterwards.
const KEEP_BYTES: usize = 1 << 20;
/// A batch of this size is worth a flush of its own.
const GATHER_BYTES: usize = 256 << 10;

impl Pending {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; batch::HEADER_BYTES], records: 0 }
    }

    pub(crate) const fn records(&self) -> u32 {
        self.records
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.records == 0
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The whole batch, sealed, as it goes to disk.
    pub(crate) fn sealed(&mut self, first: u64) -> Option<&[u8]> {
        let (room, payload) = self.bytes.split_at_mut_checked(batch::HEADER_BYTES)?;
        room.copy_from_slice(&batch::header(first, self.records, payload)?);
        Some(&self.bytes)
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.truncate(batch::HEADER_BYTES);
        self.bytes.shrink_to(KEEP_BYTES);
        self.records = 0;
    }
}

/// The queue between those who record and the flusher.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) pending: Pending,
    /// The next record's place in the log.
    pub(crate) next: u64,
    /// Why nothing more is taken.
    pub(crate) closed: Option<String>,
    /// The flusher sleeps and must be woken.
    pub(crate) idle: bool,
    /// The flusher lets records gather, and must be woken when that is enough.
    pub(crate) gathering: bool,
    /// Somebody waits for a record that is pending.
    pub(crate) awaited: bool,
}

impl Queue {
    pub(crate) fn new(next: u64) -> Self {
        Self { pending: Pending::new(), next, closed: None, idle: false, gathering: false, awaited: false }
    }

    /// Whether the flusher has to be woken for what was just added.
    pub(crate) fn must_wake(&mut self) -> bool {
        let enough = self.gathering && self.pending.bytes() >= GATHER_BYTES;
        std::mem::take(&mut self.idle) || (enough && std::mem::take(&mut self.gathering))
    }

    /// Whether what is pending should go to disk without waiting for more.
    pub(crate) fn is_urgent(&self) -> bool {
        self.awaited || self.closed.is_some() || self.pending.bytes() >= GATHER_BYTES
    }

    /// Takes one record; returns its place in the log.
    pub(crate) fn push(&mut self, entry: &[u8], bytes_max: usize) -> Result<u64, RecordError> {
        if let Some(reason) = &self.closed {
            return Err(RecordError::Stopped { reason: reason.clone() });
        }
        if self.pending.bytes() >= bytes_max {
            return Err(RecordError::Full);
        }
        if !entries::push(&mut self.pending.bytes, entry) {
            return Err(RecordError::TooLong { bytes: entry.len(), max: crate::Event::MAX_BYTES });
        }
        self.pending.records += 1;
        let index = self.next;
        self.next += 1;
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_and_numbers_stay_dense() {
        let mut queue = Queue::new(5);
        assert!(matches!(queue.push(&[1; 65_536], 1_000), Err(RecordError::TooLong { bytes: 65_536, .. })));
        let taken: Vec<_> = std::iter::from_fn(|| queue.push(&[1; 90], 1_000).ok()).collect();
        assert_eq!(taken, (5..5 + taken.len() as u64).collect::<Vec<_>>());
        assert!(matches!(queue.push(&[1], 1_000), Err(RecordError::Full)));
        queue.pending.clear();
        assert_eq!(queue.push(&[1], 1_000).unwrap(), 5 + taken.len() as u64);
        queue.closed = Some("it ended".into());
        assert!(matches!(queue.push(&[1], 1_000), Err(RecordError::Stopped { .. })));
    }
}
