//! Choosing from a published list, line by line: `SHA-1 in hexadecimal:how often it was seen`, in any order. The most often seen
//! are kept, so the order of the lines decides nothing.
use std::{cmp::Reverse, collections::BinaryHeap};

use data_encoding::HEXUPPER_PERMISSIVE;

use super::ENTRIES_MAX;

/// Hexadecimal digits of a SHA-1.
const HASH_DIGITS: usize = 40;
/// Longer than any line of such a list.
pub(super) const LINE_BYTES_MAX: usize = 80;

/// Why a line is none of such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("it does not begin with a SHA-1 hash of 40 hexadecimal digits")]
    Hash,
    #[error("after the hash it has no `:` with a number")]
    Count,
    #[error("it is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
}

/// Why there is no list in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    #[error("no line was seen as often as `--min-count` asks for, so there is nothing to import")]
    Empty,
    #[error("the filter cannot be made: {0}")]
    Filter(&'static str),
}

/// The lines that are kept.
pub struct Selection {
    min_count: u32,
    limit: usize,
    /// The rarest first.
    kept: BinaryHeap<Reverse<(u32, u64)>>,
}

impl Selection {
    /// Keeps at most `limit` hashes, of those that were seen `min_count` times and more.
    pub fn new(min_count: u32, limit: usize) -> Self {
        Self { min_count, limit: limit.clamp(1, ENTRIES_MAX), kept: BinaryHeap::new() }
    }

    /// Looks at one line, without its end. An empty one is passed over.
    ///
    /// # Errors
    /// [`LineError`] for what is no line of such a list.
    pub fn line(&mut self, line: &[u8]) -> Result<(), LineError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Ok(());
        }
        if line.len() > LINE_BYTES_MAX {
            return Err(LineError::TooLong);
        }
        let (hash, rest) = line.split_at_checked(HASH_DIGITS).ok_or(LineError::Hash)?;
        let mut bytes = [0; HASH_DIGITS / 2];
        let read = HEXUPPER_PERMISSIVE.decode_mut(hash, &mut bytes).map_err(|_| LineError::Hash)?;
        let key = bytes.first_chunk::<8>().filter(|_| read == bytes.len()).ok_or(LineError::Hash)?;
        let count = match rest.strip_prefix(b":") {
            None if rest.is_empty() => 1,
            None => return Err(LineError::Count),
            Some(digits) => number(digits).ok_or(LineError::Count)?,
        };
        self.keep(count, u64::from_be_bytes(*key));
        Ok(())
    }

    fn keep(&mut self, count: u32, key: u64) {
        if count < self.min_count {
            return;
        }
        if self.kept.len() < self.limit {
            self.kept.push(Reverse((count, key)));
        } else if let Some(mut rarest) = self.kept.peek_mut()
            && rarest.0 < (count, key)
        {
            *rarest = Reverse((count, key));
        }
    }

    /// Hashes that are kept so far.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The file of the list. The same lines give the same bytes, whatever their order.
    ///
    /// # Errors
    /// [`SelectionError`]; a filter that cannot be made is so unlikely that it means a defect.
    pub fn finish(self) -> Result<Vec<u8>, SelectionError> {
        let min_count = self.kept.peek().map(|Reverse((count, _))| *count).ok_or(SelectionError::Empty)?;
        let mut keys: Vec<u64> = self.kept.into_iter().map(|Reverse((_, key))| key).collect();
        keys.sort_unstable();
        keys.dedup();
        super::file(&keys, min_count).map_err(SelectionError::Filter)
    }
}

/// A decimal number; one that is too large is the largest.
fn number(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok()?.trim();
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(u32::MAX))
}
