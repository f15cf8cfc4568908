//! The memory of what was signed: one history, for ever. This is what makes a front that was taken over unable to rewrite
//! the audit log: the signature of a second history does not exist.
use std::sync::{Arc, Mutex, PoisonError};

use audit::{CheckpointSigner, SignError, SignFuture, TreeHead, extends};
use data_encoding::BASE64;
use signed_note::Note;
use types::Digest;

use crate::{
    KeeperError,
    folder::Folder,
    key::{Key, NoteKey},
};

/// Signs the checkpoints of one log.
pub(crate) struct Witness {
    key: Arc<Key>,
    origin: String,
    folder: Folder,
    file: &'static str,
    last: Mutex<Option<TreeHead>>,
}

impl Witness {
    /// Takes up the memory in `file`. The log's name is `serviceful/<word>/<16 hex digits of the key>`.
    pub(crate) fn open(key: Arc<Key>, word: &str, folder: Folder, file: &'static str) -> Result<Self, KeeperError> {
        let last = match folder.read(file)? {
            None => None,
            Some(bytes) => {
                let damaged =
                    || KeeperError::Damaged { path: folder.file(file), what: "it does not hold a size and a root" };
                Some(std::str::from_utf8(&bytes).ok().and_then(parse).ok_or_else(damaged)?)
            }
        };
        let fingerprint: String = key.fingerprint().hex().chars().take(16).collect();
        Ok(Self { key, origin: format!("serviceful/{word}/{fingerprint}"), folder, file, last: Mutex::new(last) })
    }

    pub(crate) fn verifier(&self) -> String {
        NoteKey { key: &self.key, name: &self.origin }.verifier()
    }

    pub(crate) fn last(&self) -> Option<TreeHead> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs `head` if it extends what was signed before.
    pub(crate) fn sign(&self, head: TreeHead, consistency: &[Digest]) -> Result<String, SignError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let refuse = |reason: String| Err(SignError::Refused { reason });
        match *last {
            _ if head.size == 0 => return refuse("an empty log has nothing to sign".to_owned()),
            None if !consistency.is_empty() => {
                return refuse("nothing was signed before that this could extend".to_owned());
            }
            Some(last) if head.size < last.size => {
                return refuse(format!(
                    "{} records are fewer than the {} that were signed before",
                    head.size, last.size
                ));
            }
            Some(last) if !extends(&last, &head, consistency) => {
                return refuse(format!(
                    "{} records do not extend the {} that were signed before",
                    head.size, last.size
                ));
            }
            _ => {}
        }
        if *last != Some(head) {
            // INVARIANT: remembered before the signature exists. The other order would let a crash in between, or a full
            // disk, end with two signed histories.
            let text = format!("{} {}\n", head.size, head.root);
            self.folder
                .write(self.file, text.as_bytes(), true)
                .map_err(|e| SignError::Unavailable { reason: format!("what was signed cannot be remembered: {e}") })?;
            *last = Some(head);
        }
        self.note(head).map_err(|e| SignError::Unavailable { reason: e.to_string() })
    }

    fn note(&self, head: TreeHead) -> Result<String, signed_note::NoteError> {
        let text = format!("{}\n{}\n{}\n", self.origin, head.size, BASE64.encode(head.root.as_bytes()));
        let mut note = Note::new(text.as_bytes(), &[])?;
        note.add_sigs(&[&NoteKey { key: &self.key, name: &self.origin }])?;
        String::from_utf8(note.to_bytes()).map_err(|_| signed_note::NoteError::MalformedNote)
    }
}

fn parse(text: &str) -> Option<TreeHead> {
    let (size, root) = text.strip_suffix('\n')?.split_once(' ')?;
    Some(TreeHead { size: size.parse().ok().filter(|size| *size > 0)?, root: root.parse().ok()? })
}

/// For the keeper's own log, which asks without a channel.
impl CheckpointSigner for Witness {
    fn last_signed(&self) -> SignFuture<'_, Option<TreeHead>> {
        Box::pin(std::future::ready(Ok(self.last())))
    }

    fn sign(&self, head: TreeHead, consistency: Vec<Digest>) -> SignFuture<'_, String> {
        Box::pin(std::future::ready(Self::sign(self, head, &consistency)))
    }
}
