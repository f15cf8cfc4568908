//! A signer for tests: holds a key that is no secret, and remembers what it signed in a file, as the keeper does.
use std::{fs, path::PathBuf, sync::Mutex};

use audit::{CheckpointSigner, SignError, SignFuture, TreeHead, extends};
use ed25519_dalek::{Signer as _, SigningKey};
use signed_note::Note;
use types::Digest;

pub(crate) struct TestSigner {
    pub(crate) key: SigningKey,
    memory: PathBuf,
    /// What to answer instead of signing.
    pub(crate) fault: Mutex<Option<SignError>>,
}

pub(crate) const NAME: &str = "serviceful.test/audit";

struct NoteKey<'a>(&'a SigningKey);
impl signed_note::Signer for NoteKey<'_> {
    fn name(&self) -> &str {
        NAME
    }
    fn key_id(&self) -> u32 {
        signed_note::key_id(NAME, &[&[1], self.0.verifying_key().as_bytes().as_slice()].concat())
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ed25519_dalek::ed25519::signature::Error> {
        Ok(self.0.try_sign(message)?.to_vec())
    }
}

impl TestSigner {
    pub(crate) fn new(memory: PathBuf) -> Self {
        Self { key: SigningKey::from_bytes(&[7; 32]), memory, fault: Mutex::new(None) }
    }

    /// Signs anything, remembering nothing.
    pub(crate) fn note(&self, head: TreeHead) -> String {
        let text = format!("{NAME}\n{}\n{}\n", head.size, tlog_tiles::Hash(*head.root.as_bytes()));
        let mut note = Note::new(text.as_bytes(), &[]).unwrap();
        note.add_sigs(&[&NoteKey(&self.key)]).unwrap();
        String::from_utf8(note.to_bytes()).unwrap()
    }

    pub(crate) fn signed(&self) -> Option<TreeHead> {
        let text = fs::read_to_string(&self.memory).ok()?;
        let (size, root) = text.split_once(' ')?;
        Some(TreeHead { size: size.parse().unwrap(), root: root.parse().unwrap() })
    }
}

impl CheckpointSigner for TestSigner {
    fn last_signed(&self) -> SignFuture<'_, Option<TreeHead>> {
        Box::pin(async { Ok(self.signed()) })
    }

    fn sign(&self, head: TreeHead, consistency: Vec<Digest>) -> SignFuture<'_, String> {
        Box::pin(async move {
            if let Some(fault) = self.fault.lock().unwrap().clone() {
                return Err(fault);
            }
            match self.signed() {
                Some(last) if !extends(&last, &head, &consistency) => {
                    return Err(SignError::Refused { reason: format!("{} does not extend {}", head.size, last.size) });
                }
                None if !consistency.is_empty() => {
                    return Err(SignError::Refused { reason: "a proof of nothing".into() });
                }
                _ => {}
            }
            let fresh = self.memory.with_extension("new");
            fs::write(&fresh, format!("{} {}", head.size, head.root)).unwrap();
            fs::rename(&fresh, &self.memory).unwrap();
            Ok(self.note(head))
        })
    }
}
