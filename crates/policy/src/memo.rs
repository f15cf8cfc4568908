//! Verdicts that were given before. Bounded; the oldest unused go first.
//!
//! A verdict depends on the release, the function, the principal with its flags, method, assurance, whether the sign-in is too old
//! for the function, and on path or age when a rule of the app reads them. The key holds all of them but the last two; verdicts of
//! functions whose rules read those are never put in.
use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use types::{AppName, Assurance, Caller, FunctionName, Method, PrincipalId};

use crate::judge::Verdict;

const SHARDS: usize = 16;
const ENTRIES_PER_SHARD: usize = 1_024;

/// Everything about a caller that a rule can see, apart from groups, which belong to the release.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Stranger,
    Operator,
    Person { id: PrincipalId, owner: bool, disabled: bool },
    Service { id: PrincipalId, app: AppName, name: Arc<str>, disabled: bool },
}

/// What a remembered verdict is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    generation: u64,
    function: FunctionName,
    who: Who,
    method: Method,
    assurance: Assurance,
    /// The caller showed who they are longer ago than the function allows. The platform's own rules see the age in no other way.
    stale: bool,
}

impl Key {
    pub(crate) fn new(
        generation: u64,
        function: &FunctionName,
        caller: &Caller,
        method: Method,
        assurance: Assurance,
        stale: bool,
    ) -> Self {
        let who = match caller {
            Caller::Stranger => Who::Stranger,
            Caller::Operator { uid: _ } => Who::Operator,
            Caller::Person(p) => Who::Person { id: p.id, owner: p.owner, disabled: p.disabled },
            Caller::Service(s) => {
                Who::Service { id: s.id, app: s.app.clone(), name: s.name.clone(), disabled: s.disabled }
            }
        };
        Self { generation, function: function.clone(), who, method, assurance, stale }
    }
}

type Shard = Mutex<LruCache<Key, Arc<Verdict>>>;

/// The memory. Its locks are held for one look-up each.
pub(crate) struct Memo {
    shards: Vec<Shard>,
    hasher: RandomState,
}

impl Memo {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(LruCache::unbounded())).collect();
        Self { shards, hasher: RandomState::new() }
    }

    fn shard(&self, key: &Key) -> Option<&Shard> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or(0);
        self.shards.get(hash % SHARDS)
    }

    pub(crate) fn find(&self, key: &Key) -> Option<Arc<Verdict>> {
        // A poisoned lock guards a cache whose entries are whole: each is put in by one call.
        let mut shard = self.shard(key)?.lock().unwrap_or_else(PoisonError::into_inner);
        shard.get(key).cloned()
    }

    pub(crate) fn keep(&self, key: Key, verdict: Arc<Verdict>) {
        let Some(shard) = self.shard(&key) else { return };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        // Grown on demand rather than reserved: an idle platform pays nothing for it.
        if shard.len() >= ENTRIES_PER_SHARD && !shard.contains(&key) {
            shard.pop_lru();
        }
        shard.put(key, verdict);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    #[cfg(test)]
    pub(crate) const CAPACITY: usize = SHARDS * ENTRIES_PER_SHARD;
}
