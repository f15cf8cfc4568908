//! Whether somebody who was let in would be let in still: asked again and again by answers that go on for long.
//! If this is wrong: whoever was shut out reads on.
use std::sync::Arc;

use gateway::Decision;
use store::{PrincipalKind, StoreError};
use types::{Action, Caller, Person, Resource};

use crate::service::Shared;

/// What was permitted, and to whom.
pub(crate) struct Standing {
    pub(crate) shared: Arc<Shared>,
    pub(crate) caller: Arc<Caller>,
    pub(crate) action: Action,
    pub(crate) resource: Resource,
}

impl Standing {
    /// Whether it stands. SECURITY: a store that does not answer is no yes.
    pub(crate) async fn holds(&self) -> bool {
        match self.now().await {
            Ok(Some(caller)) => {
                let decision = self.shared.ports.review.control(&caller, self.action, &self.resource);
                matches!(decision, Decision::Allow { .. })
            }
            Ok(None) => false,
            Err(error) => {
                tracing::warn!("whether a caller still stands could not be asked: {error}");
                false
            }
        }
    }

    /// The caller as they are now; `None`: gone, disabled, or with a credential that ended.
    async fn now(&self) -> Result<Option<Caller>, StoreError> {
        let Caller::Person(then) = &*self.caller else { return Ok(Some((*self.caller).clone())) };
        let (store, now) = (&self.shared.ports.store, self.shared.ports.clock.now());
        let Some(principal) = store.principal(then.id).await? else { return Ok(None) };
        let PrincipalKind::Person { owner } = principal.kind else { return Ok(None) };
        let credentials = store.credentials(Some(then.id)).await?;
        let counts = credentials
            .iter()
            .any(|known| known.id == then.credential && known.revoked_at.is_none() && now < known.expires_at);
        Ok((counts && !principal.disabled).then(|| Caller::Person(Person { owner, ..then.clone() })))
    }
}
