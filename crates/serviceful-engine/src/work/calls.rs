//! The calls that run, by stream.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::call::Call;

/// See the module. The reader looks calls up; the task that ends one takes it out.
#[derive(Default)]
pub(crate) struct Calls {
    running: Mutex<HashMap<u32, Arc<Call>>>,
    none_left: Notify,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Arc<Call>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `false` when the stream is in use.
    pub(crate) fn insert(&self, call: Arc<Call>) -> bool {
        use std::collections::hash_map::Entry::{Occupied, Vacant};
        match self.lock().entry(call.stream) {
            Occupied(_) => false,
            Vacant(place) => {
                place.insert(call);
                true
            }
        }
    }

    pub(crate) fn find(&self, stream: u32) -> Option<Arc<Call>> {
        self.lock().get(&stream).cloned()
    }

    pub(crate) fn remove(&self, stream: u32) {
        let mut running = self.lock();
        running.remove(&stream);
        if running.is_empty() {
            self.none_left.notify_one();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Waits until the last call may have ended; ask [`Self::is_empty`] again.
    pub(crate) async fn ended(&self) {
        self.none_left.notified().await;
    }

    /// Stops every call whose wall time is over.
    pub(crate) fn stop_late(&self, now_ns: u64) {
        let running: Vec<_> = self.lock().values().cloned().collect();
        for call in running {
            call.stop_if_late(now_ns);
        }
    }
}
