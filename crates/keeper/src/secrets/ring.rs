//! Symmetric keys that can be replaced: numbered files of one name. The newest is used for what is new, the others open what
//! is old.
use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use types::Rng;
use zeroize::Zeroizing;

use crate::{KeeperError, folder::Folder};

/// What a key's file begins with; 32 bytes of key and their SHA-256 follow.
const HEADER: &[u8; 21] = b"serviceful secret v1\n";
const KEY: usize = HEADER.len();
const CHECK: usize = KEY + KEY_BYTES;
/// Length of each key.
pub(crate) const KEY_BYTES: usize = 32;

type Key = Zeroizing<[u8; KEY_BYTES]>;

/// The keys of one name.
pub(crate) struct Ring {
    newest: u32,
    keys: BTreeMap<u32, Key>,
}

impl Ring {
    /// Reads `<name>-<number>.key`; makes the first one when there is none (`true`).
    pub(crate) fn open(folder: &Folder, name: &str, rng: &dyn Rng) -> Result<(Self, bool), KeeperError> {
        let mut keys = BTreeMap::new();
        for file in folder.names()? {
            let number = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".key"));
            let Some(number) = number.and_then(|digits| digits.parse::<u32>().ok()) else { continue };
            keys.insert(number, load(folder, &file)?);
        }
        let fresh = keys.is_empty();
        if fresh {
            keys.insert(1, make(folder, &format!("{name}-1.key"), rng)?);
        }
        let newest = keys.keys().next_back().copied().unwrap_or(1);
        Ok((Self { newest, keys }, fresh))
    }

    /// Number and key for what is new.
    pub(crate) fn newest(&self) -> Option<(u32, &[u8; KEY_BYTES])> {
        Some((self.newest, self.get(self.newest)?))
    }

    pub(crate) fn get(&self, number: u32) -> Option<&[u8; KEY_BYTES]> {
        self.keys.get(&number).map(|key| &**key)
    }
}

fn load(folder: &Folder, file: &str) -> Result<Key, KeeperError> {
    let damaged = |what| KeeperError::Damaged { path: folder.file(file), what };
    let bytes = folder.read(file)?.ok_or_else(|| damaged("it is gone"))?;
    if bytes.len() != CHECK + 32 || !bytes.starts_with(HEADER) {
        return Err(damaged("it is not a key file of this version"));
    }
    let key = bytes.get(KEY..CHECK).and_then(<[u8]>::first_chunk::<KEY_BYTES>).map(|key| Zeroizing::new(*key));
    let key = key.ok_or_else(|| damaged("its key is cut off"))?;
    if bytes.get(CHECK..) != Some(Sha256::digest(key.as_slice()).as_slice()) {
        return Err(damaged("its key does not fit its checksum"));
    }
    Ok(key)
}

fn make(folder: &Folder, file: &str, rng: &dyn Rng) -> Result<Key, KeeperError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    rng.fill(key.as_mut_slice());
    let mut bytes = Zeroizing::new(Vec::with_capacity(CHECK + 32));
    bytes.extend_from_slice(HEADER);
    bytes.extend_from_slice(key.as_slice());
    bytes.extend_from_slice(&Sha256::digest(key.as_slice()));
    folder.write(file, &bytes, false)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::tests::Counting;

    #[test]
    fn the_newest_is_used_old_ones_stay_and_damage_is_noticed() {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outside.path().join("keys")).unwrap();
        let rng = Counting::default();
        let (ring, fresh) = Ring::open(&folder, "pepper", &rng).unwrap();
        let first = *ring.newest().unwrap().1;
        assert!(fresh);
        make(&folder, "pepper-2.key", &rng).unwrap();
        make(&folder, "seal-9.key", &rng).unwrap();
        let (ring, fresh) = Ring::open(&folder, "pepper", &rng).unwrap();
        assert!(!fresh && ring.newest().unwrap().0 == 2 && ring.get(9).is_none());
        assert_eq!(ring.get(1), Some(&first));
        assert_ne!(ring.newest().unwrap().1, &first);

        let bytes = folder.read("pepper-1.key").unwrap().unwrap();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            folder.write("pepper-1.key", &flipped, true).unwrap();
            assert!(matches!(Ring::open(&folder, "pepper", &rng), Err(KeeperError::Damaged { .. })), "byte {at}");
        }
    }
}
