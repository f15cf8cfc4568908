//! Reading the append file, one segment in memory at a time.
use std::{io, path::PathBuf};

use crate::{batch, entries::Entries, layout, layout::Layout};

/// Where reading a segment ended before its last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The record that would have come next.
    pub(crate) at: u64,
    /// How many bytes cannot be read.
    pub(crate) bytes: usize,
    /// A whole batch stands behind the damage, so this is no torn write.
    pub(crate) inside: bool,
}

/// One segment and where its records are.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) first: u64,
    bytes: Vec<u8>,
    /// Offset and length of each record.
    places: Vec<(usize, usize)>,
    /// How many bytes are whole batches.
    pub(crate) whole: usize,
    pub(crate) batches: u64,
    pub(crate) broken: Option<Broken>,
}

impl Segment {
    /// Reads whole batches that follow each other; what comes after is in `broken`.
    pub(crate) fn parse(first: u64, bytes: Vec<u8>, check_seals: bool) -> Self {
        let mut segment = Self { first, bytes, places: Vec::new(), whole: 0, batches: 0, broken: None };
        while segment.step(check_seals) {}
        let rest = segment.bytes.get(segment.whole..).unwrap_or_default();
        if !rest.is_empty() {
            let inside = check_seals && batch::stands_in(rest);
            segment.broken = Some(Broken { at: segment.end(), bytes: rest.len(), inside });
        }
        segment
    }

    fn step(&mut self, check_seals: bool) -> bool {
        let next = self.end();
        let Some(batch) = self.bytes.get(self.whole..).and_then(|rest| batch::read(rest, check_seals)) else {
            return false;
        };
        if batch.first != next {
            return false;
        }
        let known = self.places.len();
        let mut at = self.whole + batch::HEADER_BYTES;
        for entry in Entries::new(batch.payload) {
            let Ok(entry) = entry else { break };
            self.places.push((at + 2, entry.len()));
            at += 2 + entry.len();
        }
        if self.places.len() - known != batch.records as usize {
            self.places.truncate(known);
            return false;
        }
        self.whole += batch.len();
        self.batches += 1;
        true
    }

    /// One more than the last record.
    pub(crate) fn end(&self) -> u64 {
        self.first.saturating_add(self.places.len() as u64)
    }

    /// The record at this place of the log.
    pub(crate) fn get(&self, index: u64) -> Option<&[u8]> {
        let place = usize::try_from(index.checked_sub(self.first)?).ok()?;
        let (at, length) = *self.places.get(place)?;
        self.bytes.get(at..at + length)
    }

    /// What is not a whole batch.
    pub(crate) fn rest(&self) -> &[u8] {
        self.bytes.get(self.whole..).unwrap_or_default()
    }
}

/// All segments, the last used one in memory.
#[derive(Debug)]
pub(crate) struct AppendFile {
    segments: Vec<(u64, PathBuf)>,
    loaded: Option<Segment>,
    check_seals: bool,
}

impl AppendFile {
    pub(crate) fn open(layout: &Layout, check_seals: bool) -> io::Result<Self> {
        Ok(Self { segments: layout.segments()?, loaded: None, check_seals })
    }

    /// The first record that is still in the append file.
    pub(crate) fn first(&self) -> Option<u64> {
        self.segments.first().map(|s| s.0)
    }

    /// The segment that holds record `index`, or would hold it. `None`: there is none, or it was deleted meanwhile
    /// because its records are all in bundles.
    pub(crate) fn segment_of(&mut self, index: u64) -> io::Result<Option<&Segment>> {
        let Some((first, path)) = self.segments.iter().rev().find(|s| s.0 <= index) else { return Ok(None) };
        if self.loaded.as_ref().is_none_or(|s| s.first != *first) {
            self.loaded = layout::read(path)?.map(|bytes| Segment::parse(*first, bytes, self.check_seals));
        }
        Ok(self.loaded.as_ref())
    }

    pub(crate) fn get(&mut self, index: u64) -> io::Result<Option<&[u8]>> {
        Ok(self.segment_of(index)?.and_then(|segment| segment.get(index)))
    }

    /// One more than the last record of the last segment; 0 without segments.
    pub(crate) fn end(&mut self) -> io::Result<u64> {
        let Some((first, _)) = self.segments.last().cloned() else { return Ok(0) };
        Ok(self.segment_of(u64::MAX)?.map_or(first, Segment::end))
    }
}
