//! What is known about tokens that were seen lately: bounded, least recently used out first, keyed by hash.
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use lru::LruCache;
use types::Digest;

const SHARDS: usize = 16;

/// A moment before a read of the store; see [`Seen::put`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Epoch(u64);

/// A bounded memory. `V` is cheap to clone.
pub(crate) struct Seen<V> {
    shards: Vec<Mutex<LruCache<Digest, V>>>,
    shard_max: usize,
    epoch: AtomicU64,
}

impl<V: Clone> Seen<V> {
    /// Remembers about `max` tokens, split over 16 parts by hash.
    pub(crate) fn new(max: usize) -> Self {
        // Unbounded for the library only, because a bounded one reserves all its memory at once; `put` keeps the bound.
        let shards = (0..SHARDS).map(|_| Mutex::new(LruCache::unbounded())).collect();
        Self { shards, shard_max: max.div_ceil(SHARDS).max(1), epoch: AtomicU64::new(0) }
    }

    fn shard(&self, key: &Digest) -> Option<MutexGuard<'_, LruCache<Digest, V>>> {
        let [.., last] = key.as_bytes();
        let shard = self.shards.get(usize::from(*last) % SHARDS)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn get(&self, key: &Digest) -> Option<V> {
        self.shard(key)?.get(key).cloned()
    }

    /// To be taken before the store is read.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::SeqCst))
    }

    /// Remembers what a read of the store said, unless anything was forgotten since `before`.
    ///
    /// INVARIANT: who changes the store forgets afterwards. A read that is older than such a change then either comes before the
    /// forgetting, and is forgotten, or finds the epoch changed, and is not remembered. So a revoked token cannot come back (S9).
    pub(crate) fn put(&self, before: Epoch, key: Digest, value: V) {
        let Some(mut shard) = self.shard(&key) else { return };
        if self.epoch.load(Ordering::SeqCst) != before.0 {
            return;
        }
        if shard.len() >= self.shard_max && !shard.contains(&key) {
            shard.pop_lru();
        }
        shard.put(key, value);
    }

    /// Forgets one token.
    pub(crate) fn forget(&self, key: &Digest) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if let Some(mut shard) = self.shard(key) {
            shard.pop(key);
        }
    }

    /// Forgets every token that `which` holds for. Looks at all of them: for rare acts of administration.
    pub(crate) fn forget_where(&self, which: impl Fn(&V) -> bool) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let gone: Vec<Digest> = shard.iter().filter(|(_, value)| which(value)).map(|(key, _)| *key).collect();
            for key in &gone {
                shard.pop(key);
            }
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }
}

#[cfg(test)]
mod tests;
