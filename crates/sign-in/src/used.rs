//! What counts once and was used, until it is over anyhow.
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use types::Digest;

use crate::secret;

/// To push one out, somebody has to succeed as often within ten minutes.
const MAX: usize = 65_536;

pub(crate) struct Used(Mutex<LruCache<Digest, ()>>);

impl Used {
    pub(crate) fn new() -> Self {
        // Unbounded for the library only, because a bounded one reserves all its memory at once.
        Self(Mutex::new(LruCache::unbounded()))
    }

    /// Whether it was used.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&secret::hash(text.as_bytes()))
    }

    /// Uses it up; `false` when it was used.
    pub(crate) fn take(&self, text: &str) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MAX {
            used.pop_lru();
        }
        used.put(secret::hash(text.as_bytes()), ()).is_none()
    }
}
