//! What the front does from time to time, beside requests: it takes away what is over.
use std::{collections::HashSet, sync::Arc, time::Duration};

use audit::{Event, Kind, Record};
use gateway::{CredentialFailure, Fut, LoginPort as _, NewCredential, TokenKey, TokenKeyState};
use identity::RotateFailure;
use store::{Credential, Ended, KeyValues, StoreError};
use types::{Clock, CredentialId, Digest, EngineBuild, PrincipalId, Secret, UnixMillis};

/// The parts that have something to take away.
pub(super) struct Upkeep {
    pub(super) every: Duration,
    pub(super) control: control::Service,
    pub(super) identity: Arc<identity::Service>,
    pub(super) key_values: Arc<dyn KeyValues>,
    pub(super) keys: Arc<TokenKeys>,
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
            if let Err(error) = self.keys().await {
                tracing::error!(%error, "the keeper could not be asked for the keys of access tokens");
            }
            tokio::time::sleep(self.every).await;
        }
    }

    /// Asks for the keys of access tokens, which moves them along, and writes down what moved.
    async fn keys(&self) -> Result<(), String> {
        control::KeyPort::keys(&*self.keys).await.map(drop)
    }

    async fn purge(&self) -> Result<(), StoreError> {
        if !self.audit.is_healthy() {
            return Ok(());
        }
        let purged = self.identity.purge().await?;
        if purged > 0 {
            let note = format!(
                "removed what was over, {} of sessions, links, mails, credentials and claims",
                types::counted(purged, "row", "rows")
            );
            let _ = self.audit.record(&Event::platform(self.clock.now(), Kind::Platform, "credentials-purged", note));
        }
        Ok(())
    }
}

/// What became of the keys between two looks at them.
fn moved(before: &[TokenKey], after: &[TokenKey]) -> Vec<(&'static str, String)> {
    let was = |key: &TokenKey| before.iter().find(|known| known.id == key.id).map(|known| known.state);
    let mut found = Vec::new();
    for key in after.iter().filter(|key| was(key) != Some(key.state)) {
        match key.state {
            TokenKeyState::Next => {
                found.push((
                    "key-published",
                    format!("key {} of access tokens is published, and signs from its day on", key.id),
                ));
            }
            TokenKeyState::Active => found.push(("key-rotated", format!("key {} signs access tokens now", key.id))),
            TokenKeyState::Retiring => {
                found.push(("key-retired", format!("key {} signs no more access tokens", key.id)))
            }
        }
    }
    for key in before.iter().filter(|key| !after.iter().any(|known| known.id == key.id)) {
        found.push(("key-dropped", format!("nothing that key {} signed counts any more", key.id)));
    }
    found
}

/// The keys of access tokens, for control.
pub(super) struct TokenKeys {
    pub(super) identity: Arc<identity::Service>,
    pub(super) audit: Arc<dyn Record>,
    pub(super) clock: Arc<dyn Clock>,
}

impl TokenKeys {
    /// Writes down what moved.
    fn note(&self, before: &[TokenKey], after: &[TokenKey]) {
        for (action, note) in moved(before, after) {
            let _ = self.audit.record(&Event::platform(self.clock.now(), Kind::Key, action, note));
        }
    }
}

impl control::KeyPort for TokenKeys {
    fn keys(&self) -> Fut<'_, Result<Vec<TokenKey>, String>> {
        Box::pin(async move {
            let before = self.identity.token_keys();
            let keys = self.identity.refresh_keys().await?;
            self.note(&before, &keys);
            Ok(keys)
        })
    }

    fn rotate(&self, emergency: bool) -> Fut<'_, Result<(Vec<TokenKey>, Ended), control::KeyFailure>> {
        Box::pin(async move {
            let before = self.identity.token_keys();
            let (keys, ended) = self.identity.rotate_keys(emergency).await.map_err(|failure| match failure {
                RotateFailure::Keeper(reason) => control::KeyFailure::Refused(reason),
                RotateFailure::Store(error) => control::KeyFailure::HalfDone(error),
            })?;
            self.note(&before, &keys);
            Ok((keys, ended))
        })
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
