//! Contents of components and sources.
use std::{
    collections::HashMap,
    io::{Seek as _, Write},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use store::{Contents, ContentsError, Stored};
use types::{Digest, UnixMillis};

/// SHA-256 of some bytes.
pub(in crate::tests) fn digest_of(bytes: &[u8]) -> Digest {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Digest::from_bytes(hash.as_ref().try_into().unwrap())
}

/// Contents with the time at which they were last wanted.
#[derive(Default)]
pub(in crate::tests) struct MemoryContents {
    pub(in crate::tests) kept: Mutex<HashMap<Digest, (Vec<u8>, UnixMillis)>>,
    /// The time that `put` stamps.
    pub(in crate::tests) now: AtomicU64,
}

impl Contents for MemoryContents {
    fn put(&self, named: Digest, bytes: &[u8]) -> Result<(), ContentsError> {
        let found = digest_of(bytes);
        if found != named {
            return Err(ContentsError::Mismatch { named, found });
        }
        let at = UnixMillis(self.now.load(Ordering::SeqCst));
        self.kept.lock().unwrap().insert(named, (bytes.to_vec(), at));
        Ok(())
    }
    fn open(&self, digest: Digest) -> Result<Option<std::fs::File>, ContentsError> {
        Ok(self.kept.lock().unwrap().get(&digest).map(|(bytes, _)| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            file.rewind().unwrap();
            file
        }))
    }
    fn has(&self, digest: Digest) -> bool {
        self.kept.lock().unwrap().contains_key(&digest)
    }
    fn want(&self, digest: Digest, at: UnixMillis) -> Result<bool, ContentsError> {
        Ok(self.kept.lock().unwrap().get_mut(&digest).map(|(_, wanted_at)| *wanted_at = at).is_some())
    }
    fn list(&self) -> Result<Vec<Stored>, ContentsError> {
        let kept = self.kept.lock().unwrap();
        let one = |(digest, (bytes, wanted_at)): (&Digest, &(Vec<u8>, UnixMillis))| Stored {
            digest: *digest,
            bytes: bytes.len() as u64,
            wanted_at: *wanted_at,
        };
        Ok(kept.iter().map(one).collect())
    }
    fn remove_unwanted(&self, digest: Digest, before: UnixMillis) -> Result<Option<u64>, ContentsError> {
        let mut kept = self.kept.lock().unwrap();
        if kept.get(&digest).is_none_or(|(_, wanted_at)| *wanted_at >= before) {
            return Ok(None);
        }
        Ok(kept.remove(&digest).map(|(bytes, _)| bytes.len() as u64))
    }
}
