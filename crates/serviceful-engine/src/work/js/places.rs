//! Places of one function in its user's files, found through the map in its source when there is something to name.
use std::{borrow::Cow, fs::File, os::unix::fs::FileExt as _, sync::OnceLock};

use crate::js::{
    map::Map,
    place::{self, Place, Step},
};

/// Largest source that is read for its map: the cap of `component_kib`.
const SOURCE_BYTES_MAX: usize = 64 << 20;
const READ_BYTES: usize = 256 << 10;

/// See the module.
pub(super) struct Places {
    source: Option<File>,
    map: OnceLock<Option<Map>>,
}

impl Places {
    pub(super) const fn new(source: Option<File>) -> Self {
        Self { source, map: OnceLock::new() }
    }

    fn map(&self) -> Option<&Map> {
        self.map.get_or_init(|| Map::of(&read(self.source.as_ref()?)?)).as_ref()
    }

    /// Where this place (both numbers from 1) of the module came from.
    pub(super) fn of(&self, line: u32, column: u32) -> Place {
        place::of(line, column, self.map())
    }

    /// A line that the function wrote, with the places in it as its user knows them.
    pub(super) fn renamed<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(map) = place::mentions(line).then(|| self.map()).flatten() else { return Cow::Borrowed(line) };
        Cow::Owned(place::renamed(&String::from_utf8_lossy(line), map).into_bytes())
    }

    /// The function's own steps of a stack trace.
    pub(super) fn trace(&self, stack: &str) -> Vec<Step> {
        place::trace(stack, self.map())
    }
}

/// By position: others may hold the same open file.
fn read(source: &File) -> Option<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; READ_BYTES]);
    while bytes.len() < SOURCE_BYTES_MAX {
        match source.read_at(&mut piece, bytes.len() as u64).ok()? {
            0 => return Some(bytes),
            count => bytes.extend_from_slice(piece.get(..count)?),
        }
    }
    None
}
