//! What the front does from time to time, beside requests: it takes away what is over.
use std::{collections::HashSet, sync::Arc, time::Duration};

use audit::{Event, Kind, Record};
use gateway::{CredentialFailure, Fut, NewCredential};
use store::{Credential, KeyValues, StoreError};
use types::{Clock, CredentialId, Digest, EngineBuild, PrincipalId, Secret, UnixMillis};

/// The parts that have something to take away.
pub(super) struct Upkeep {
    pub(super) every: Duration,
    pub(super) control: control::Service,
    pub(super) identity: Arc<identity::Service>,
    pub(super) key_values: Arc<dyn KeyValues>,
    pub(super) audit: Arc<audit::Log>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Upkeep {
    /// Runs for ever: at the start, then again after each pause. `components` is what answers now.
    pub(super) async fn run(self, components: HashSet<Digest>) {
        let refreshed = self.control.refresh(components).await;
        if refreshed != control::Refreshed::default() {
            match refreshed.failed.is_empty() {
                true => tracing::info!("{refreshed}"),
                false => tracing::warn!("{refreshed}"),
            }
        }
        loop {
            match self.control.collect().await {
                Ok(collected) if collected == control::Collected::default() => {}
                Ok(collected) => tracing::info!("{collected}"),
                Err(error) => tracing::error!("what nobody uses could not be removed: {:#}", anyhow::Error::new(error)),
            }
            match self.purge().await {
                Ok(()) => {}
                Err(error) => tracing::error!("old credentials could not be removed: {:#}", anyhow::Error::new(error)),
            }
            match self.key_values.purge(self.clock.now()).await {
                Ok(0) => {}
                Ok(keys) => tracing::info!("removed {keys} keys of apps that were over"),
                Err(error) => {
                    tracing::error!("keys that are over could not be removed: {:#}", anyhow::Error::new(error))
                }
            }
            tokio::time::sleep(self.every).await;
        }
    }

    async fn purge(&self) -> Result<(), StoreError> {
        if !self.audit.is_healthy() {
            return Ok(());
        }
        let purged = self.identity.purge().await?;
        if purged > 0 {
            let note = format!("removed {purged} sessions, links, mails, credentials and claims that were over");
            let _ = self.audit.record(&Event::platform(self.clock.now(), Kind::Platform, "credentials-purged", note));
        }
        Ok(())
    }
}

/// The folder of compiled code, for control.
pub(super) struct Cache {
    pub(super) artefacts: runtime::Artefacts,
    pub(super) build: EngineBuild,
    /// The JavaScript engine: nobody deploys it, and it is wanted.
    pub(super) javascript: Option<Digest>,
}

impl control::ArtefactPort for Cache {
    fn collect(&self, left: HashSet<Digest>, before: UnixMillis) -> Fut<'_, Result<control::Removed, String>> {
        let (artefacts, build, javascript) = (self.artefacts.clone(), self.build.clone(), self.javascript);
        Box::pin(async move {
            let wanted = move |component: &Digest| left.contains(component) || Some(*component) == javascript;
            let work = move || artefacts.collect(&build, wanted, before);
            let removed = tokio::task::spawn_blocking(work).await.map_err(|e| e.to_string())?;
            let (files, bytes) = removed.map_err(|e| e.to_string())?;
            Ok(control::Removed { files, bytes })
        })
    }
}

/// identity, for what only control asks of it.
pub(super) struct People(pub(super) Arc<identity::Service>);

impl control::PeoplePort for People {
    fn create_call(
        &self,
        new: NewCredential,
        parent: CredentialId,
    ) -> Fut<'_, Result<(Credential, Secret), CredentialFailure>> {
        Box::pin(self.0.create_from(new, parent))
    }

    fn set_disabled(&self, person: PrincipalId, disabled: bool) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(self.0.set_disabled(person, disabled))
    }
}
