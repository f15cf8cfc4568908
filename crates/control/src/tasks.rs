//! Work that outlives the request that asked for it, and that a drain waits for.
use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};

use tokio::task::JoinSet;

/// The room's own set of tasks.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<JoinSet<()>>);

impl Tasks {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that ended are forgotten here, so the set stays as small as what is running.
        while set.try_join_next().is_some() {}
        set.spawn(task);
    }

    /// Waits for all of them.
    pub(crate) async fn drain(&self) {
        let mut set = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        while set.join_next().await.is_some() {}
    }
}
