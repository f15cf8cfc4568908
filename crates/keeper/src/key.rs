//! One Ed25519 key: in a file of its own, in memory that is wiped, and as signer of notes.
use ed25519_dalek::{Signer as _, SigningKey, ed25519::signature};
use sha2::{Digest as _, Sha256};
use types::{Digest, Rng};
use zeroize::Zeroizing;

use crate::{KeeperError, folder::Folder};

/// What a key's file begins with; the seed and the public half follow, 32 bytes each.
const HEADER: &[u8; 22] = b"serviceful ed25519 v1\n";
const SEED: usize = HEADER.len();
const PUBLIC: usize = SEED + 32;

/// A private key. Its memory is wiped when it is dropped.
pub(crate) struct Key {
    pair: SigningKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.fingerprint()).finish()
    }
}

impl Key {
    pub(crate) fn fresh(rng: &dyn Rng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill(seed.as_mut_slice());
        Self { pair: SigningKey::from_bytes(&seed) }
    }

    /// Reads the key's file; `None` when there is none.
    pub(crate) fn load(folder: &Folder, name: &str) -> Result<Option<Self>, KeeperError> {
        let Some(bytes) = folder.read(name)? else { return Ok(None) };
        let damaged = |what| KeeperError::Damaged { path: folder.file(name), what };
        if bytes.len() != PUBLIC + 32 || !bytes.starts_with(HEADER) {
            return Err(damaged("it is not a key file of this version"));
        }
        let seed = bytes.get(SEED..PUBLIC).and_then(<[u8]>::first_chunk::<32>).map(|seed| Zeroizing::new(*seed));
        let seed = seed.ok_or_else(|| damaged("its key is cut off"))?;
        let key = Self { pair: SigningKey::from_bytes(&seed) };
        if bytes.get(PUBLIC..) != Some(key.public().as_slice()) {
            return Err(damaged("its two halves do not belong together"));
        }
        Ok(Some(key))
    }

    /// Writes the key's file, which must be new.
    pub(crate) fn store(&self, folder: &Folder, name: &str) -> Result<(), KeeperError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(PUBLIC + 32));
        bytes.extend_from_slice(HEADER);
        bytes.extend_from_slice(self.pair.as_bytes());
        bytes.extend_from_slice(&self.public());
        folder.write(name, &bytes, false)
    }

    pub(crate) fn public(&self) -> [u8; 32] {
        self.pair.verifying_key().to_bytes()
    }

    /// SHA-256 of the public half, for events and names.
    pub(crate) fn fingerprint(&self) -> Digest {
        Digest::from_bytes(Sha256::digest(self.public()).into())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.pair.sign(message).to_bytes()
    }
}

/// A key under a name: signs C2SP signed notes.
pub(crate) struct NoteKey<'a> {
    pub(crate) key: &'a Key,
    pub(crate) name: &'a str,
}

impl NoteKey<'_> {
    /// `name+hash+key`, for verifiers.
    pub(crate) fn verifier(&self) -> String {
        signed_note::new_ed25519_verifier_key(self.name, &self.key.pair.verifying_key())
    }
}

impl signed_note::Signer for NoteKey<'_> {
    fn name(&self) -> &str {
        self.name
    }

    fn key_id(&self) -> u32 {
        /// Ed25519 in C2SP signed-note.
        const ALGORITHM: u8 = 1;
        signed_note::key_id(self.name, &[&[ALGORITHM], self.key.public().as_slice()].concat())
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.key.sign(message).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);
    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn every_flipped_bit_of_a_key_file_is_noticed_and_debug_shows_no_secret() {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outside.path().join("keys")).unwrap();
        let key = Key::fresh(&Fixed(7));
        key.store(&folder, "a").unwrap();
        let bytes = folder.read("a").unwrap().unwrap();
        assert_eq!(Key::load(&folder, "a").unwrap().unwrap().public(), key.public());
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            folder.write("b", &flipped, true).unwrap();
            assert!(matches!(Key::load(&folder, "b"), Err(KeeperError::Damaged { .. })), "byte {at}");
            folder.write("b", &bytes[..at], true).unwrap();
            assert!(matches!(Key::load(&folder, "b"), Err(KeeperError::Damaged { .. })), "cut at {at}");
        }
        assert!(Key::load(&folder, "c").unwrap().is_none());
        assert!(key.store(&folder, "a").is_err(), "a key is never overwritten");
        assert!(!format!("{key:?}").contains("7, 7"));
    }
}
