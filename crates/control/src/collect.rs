//! Takes away what nobody can use any more: old deployments, components that no deployment names, and their compiled code.
//!
//! Nothing that a live deployment, or one that can be gone back to, needs is ever removed. References come from the store, which
//! is read after the cut-off is fixed. Whoever builds on contents (an upload, a look at what is missing, a deployment) gives them
//! a new time first, in one step with the removal, so between that and the deployment's row the grace protects them.
use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, PoisonError},
};

use gateway::events::{Event, Kind};
use store::{Contents, ContentsError, Kept, StoreError};
use types::{Digest, UnixMillis};

use crate::service::Shared;

/// What one run took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    pub deployments: usize,
    pub components: Removed,
    pub artefacts: Removed,
}

/// Files that are gone, and the bytes that they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    pub files: u64,
    pub bytes: u64,
}

/// Why a run ended early. What it removed until then is removed; the next run goes on.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the folder of components failed")]
    Contents(#[from] ContentsError),
    #[error("compiled code could not be removed: {0}")]
    Artefacts(String),
    #[error("file work ended early: {0}")]
    Ended(String),
    #[error("the audit log cannot be written, so nothing is removed")]
    Audit,
}

impl fmt::Display for Collected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deployments, components, artefacts } = self;
        write!(
            f,
            "removed {deployments} old deployments, {} components that no deployment uses ({} bytes), {} files of compiled code \
             ({} bytes)",
            components.files, components.bytes, artefacts.files, artefacts.bytes
        )
    }
}

pub(crate) async fn run(shared: &Shared) -> Result<Collected, CollectError> {
    let ports = &shared.ports;
    if !ports.record.is_healthy() {
        return Err(CollectError::Audit);
    }
    let before = UnixMillis(ports.clock.now().0.saturating_sub(ports.config.grace_s.saturating_mul(1_000)));
    let mut collected = Collected::default();
    let ended = take(shared, before, &mut collected).await;
    // A run that failed half-way has removed something all the same.
    if collected != Collected::default() {
        let event = Event::platform(ports.clock.now(), Kind::Platform, "collected", collected.to_string());
        ports.record.record(&event).map_err(|_| CollectError::Audit)?;
    }
    ended.map(|()| collected)
}

async fn take(shared: &Shared, before: UnixMillis, collected: &mut Collected) -> Result<(), CollectError> {
    let ports = &shared.ports;
    for app in ports.store.apps().await? {
        let spared = {
            let board = shared.board.lock().unwrap_or_else(PoisonError::into_inner);
            board.news(&app.name).into_keys().filter(|id| board.is_preparing(&app.name, *id)).collect()
        };
        let each = usize::try_from(ports.config.deployments_kept).unwrap_or(usize::MAX);
        collected.deployments += ports.store.prune_deployments(app.name, Kept { each, spared }).await?;
    }
    let used = ports.store.components_in_use().await?;
    let contents = ports.contents.clone();
    let (removed, left) = blocking(move || components(&contents, &used, before)).await?;
    collected.components = removed;
    let left = left?;
    collected.artefacts = ports.artefacts.collect(left, before).await.map_err(CollectError::Artefacts)?;
    Ok(())
}

/// Removes unused components; gives what was removed, and the digests that are left.
fn components(
    contents: &Arc<dyn Contents>,
    used: &HashSet<Digest>,
    before: UnixMillis,
) -> (Removed, Result<HashSet<Digest>, ContentsError>) {
    let mut removed = Removed::default();
    let mut left = HashSet::new();
    let all = match contents.list() {
        Ok(all) => all,
        Err(error) => return (removed, Err(error)),
    };
    for one in all {
        if used.contains(&one.digest) || one.wanted_at >= before {
            left.insert(one.digest);
            continue;
        }
        match contents.remove_unwanted(one.digest, before) {
            Ok(Some(bytes)) => {
                removed.files += 1;
                removed.bytes += bytes;
            }
            // Somebody wanted it since the list was made.
            Ok(None) => drop(left.insert(one.digest)),
            Err(error) => return (removed, Err(error)),
        }
    }
    (removed, Ok(left))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CollectError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| CollectError::Ended(e.to_string()))
}
