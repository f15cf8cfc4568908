//! The releases in force. Reading takes no lock; a release is replaced whole.
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use types::{AppName, PrincipalId};

use crate::rules::AppRules;

/// Publishing copies one shard's table, so the tables are small.
const SHARDS: usize = 256;

type Table = HashMap<AppName, Arc<AppRules>>;

/// All apps.
pub(crate) struct Apps {
    shards: Vec<ArcSwap<Table>>,
    hasher: RandomState,
    /// How many apps each principal is an admin of. Its lock also puts writers in order.
    deployers: Mutex<HashMap<PrincipalId, usize>>,
}

impl Apps {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| ArcSwap::default()).collect(),
            hasher: RandomState::new(),
            deployers: Mutex::default(),
        }
    }

    fn shard(&self, app: &AppName) -> Option<&ArcSwap<Table>> {
        let hash = usize::try_from(self.hasher.hash_one(app) >> 32).unwrap_or(0);
        self.shards.get(hash % SHARDS)
    }

    pub(crate) fn find(&self, app: &AppName) -> Option<Arc<AppRules>> {
        self.shard(app)?.load().get(app).cloned()
    }

    /// Takes a release in; `false` when a newer one is in force, which stays.
    pub(crate) fn put(&self, rules: AppRules) -> bool {
        let Some(shard) = self.shard(&rules.app) else { return false };
        let mut deployers = self.deployers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Table::clone(&shard.load());
        if table.get(&rules.app).is_some_and(|known| known.version > rules.version) {
            return false;
        }
        for id in rules.admins() {
            *deployers.entry(id).or_default() += 1;
        }
        if let Some(former) = table.insert(rules.app.clone(), Arc::new(rules)) {
            forget(&mut deployers, &former);
        }
        shard.store(Arc::new(table));
        true
    }

    pub(crate) fn remove(&self, app: &AppName) {
        let Some(shard) = self.shard(app) else { return };
        let mut deployers = self.deployers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Table::clone(&shard.load());
        if let Some(former) = table.remove(app) {
            forget(&mut deployers, &former);
            shard.store(Arc::new(table));
        }
    }

    /// Whether the principal is an admin of any app.
    pub(crate) fn is_deployer(&self, id: PrincipalId) -> bool {
        self.deployers.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }
}

fn forget(deployers: &mut HashMap<PrincipalId, usize>, former: &AppRules) {
    for id in former.admins() {
        let left = deployers.get(&id).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            deployers.remove(&id);
        } else {
            deployers.insert(id, left);
        }
    }
}
