//! The signed note that names the tree's size and root (C2SP tlog-checkpoint).
use std::{io, path::Path};

use signed_note::Note;
use types::Digest;

use crate::{TreeHead, layout};

/// The longest note that is read.
const NOTE_BYTES_MAX: usize = 64 << 10;

/// Why a note is not a checkpoint.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckpointError {
    #[error("the checkpoint is not a signed note: {reason}")]
    Malformed { reason: String },
}

fn malformed(reason: impl ToString) -> CheckpointError {
    CheckpointError::Malformed { reason: reason.to_string() }
}

/// A note and the head it names. Its signatures are not checked here.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub(crate) note: Note,
    pub(crate) origin: String,
    pub(crate) head: TreeHead,
}

impl Checkpoint {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(malformed("it is too long"));
        }
        let note = Note::from_bytes(bytes).map_err(malformed)?;
        let text = tlog_tiles::Checkpoint::from_bytes(note.text()).map_err(malformed)?;
        let head = TreeHead { size: text.size(), root: Digest::from_bytes(text.hash().0) };
        Ok(Self { note, origin: text.origin().to_owned(), head })
    }

    /// `None` when there is no such file.
    pub(crate) fn load(path: &Path) -> io::Result<Option<Result<Self, CheckpointError>>> {
        Ok(layout::read(path)?.map(|bytes| Self::parse(&bytes)))
    }
}
