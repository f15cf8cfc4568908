//! How much may be stored that no deployment uses. Whoever may upload could fill the disk otherwise, and with it end the audit
//! log and the platform.
use std::collections::HashSet;

use gateway::Refusal;
use types::{Code, Digest};

use crate::{refuse, service::Shared};

const MIB: u64 = 1 << 20;

/// Refuses `bytes` more under `digest` when there would be too much. Contents that are stored already need no room.
///
/// INVARIANT: the caller holds [`Shared::keeping`] until the bytes are stored, so that two uploads cannot take the same room.
pub(crate) async fn check(shared: &Shared, digest: Digest, bytes: u64) -> Result<(), Refusal> {
    let used = shared.ports.store.components_in_use().await.map_err(refuse::store)?;
    let contents = shared.ports.contents.clone();
    let undeployed = tokio::task::spawn_blocking(move || {
        let stored = contents.list()?;
        Ok((!stored.iter().any(|one| one.digest == digest)).then(|| sum(&stored, &used)))
    });
    let undeployed = undeployed.await.map_err(|e| Refusal::internal(format!("file work ended early: {e}")))?;
    let Some(undeployed) = undeployed.map_err(refuse::contents)? else { return Ok(()) };
    let max = shared.ports.config.undeployed_mib.saturating_mul(MIB);
    if undeployed.saturating_add(bytes) <= max {
        return Ok(());
    }
    let sentence = format!(
        "components that no deployment uses take {undeployed} bytes; with {bytes} more they would pass the limit of {max} bytes \
         (`control.undeployed_mib`)"
    );
    Err(Refusal::new(Code::CTL_QUOTA, sentence.clone()).detail(sentence).next(format!(
        "deploy what was uploaded, or wait: what no deployment uses is removed after {} seconds (`control.grace_s`)",
        shared.ports.config.grace_s
    )))
}

fn sum(stored: &[store::Stored], used: &HashSet<Digest>) -> u64 {
    stored.iter().filter(|one| !used.contains(&one.digest)).map(|one| one.bytes).sum()
}
