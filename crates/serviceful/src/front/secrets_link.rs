//! Secrets of apps: the store has them sealed, the keeper seals and opens. A value is in this process while it passes through.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use gateway::{Fut, SecretPort, VaultError};
use store::{SealedSecret, Secrets as _};
use types::{AppName, Clock, Secret, SecretName, UnixMillis};
use wire::keeper::{Answer, Question, Typed};

use super::keeper_link::{KeeperLink, unexpected};

/// A use is written down at most so often, in milliseconds: a list shows the minute.
const TOLD_MS: u64 = 60_000;
/// Secrets of which the last use is remembered here; more are written down more often.
const REMEMBERED_MAX: usize = 10_000;

pub(super) struct SecretsLink {
    keeper: Arc<KeeperLink>,
    store: Arc<store_sqlite::SqliteStore>,
    clock: Arc<dyn Clock>,
    /// When a use was written down last.
    told: Mutex<HashMap<(AppName, SecretName), UnixMillis>>,
}

impl SecretsLink {
    pub(super) fn new(keeper: Arc<KeeperLink>, store: Arc<store_sqlite::SqliteStore>, clock: Arc<dyn Clock>) -> Self {
        Self { keeper, store, clock, told: Mutex::default() }
    }

    /// Whether this use is to be written down.
    fn is_news(&self, app: &AppName, name: &SecretName, now: UnixMillis) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (app.clone(), name.clone());
        if told.get(&key).is_some_and(|at| now.0.saturating_sub(at.0) < TOLD_MS) {
            return false;
        }
        if told.len() >= REMEMBERED_MAX {
            told.clear();
        }
        told.insert(key, now);
        true
    }

    fn used(&self, app: AppName, name: SecretName) {
        let now = self.clock.now();
        if !self.is_news(&app, &name, now) {
            return;
        }
        let store = self.store.clone();
        // The function does not wait for it.
        tokio::spawn(async move {
            if let Err(error) = store.secret_used(app.clone(), name.clone(), now).await {
                tracing::warn!(app.name = %app, secret = %name, "the use of a secret could not be remembered: {error}");
            }
        });
    }
}

fn failed(error: impl std::fmt::Display) -> VaultError {
    VaultError::Failed(error.to_string())
}

impl SecretPort for SecretsLink {
    #[expect(clippy::disallowed_methods, reason = "this is where the keeper's answer arrives")]
    fn seal_secret(&self, app: AppName, name: SecretName, value: Secret) -> Fut<'_, Result<SealedSecret, VaultError>> {
        Box::pin(async move {
            let value = Typed::new(value.reveal().to_owned());
            match self.keeper.ask(&Question::SealSecret { app, name, value }).await.map_err(failed)? {
                Answer::Sealed(sealed) => Ok(SealedSecret::new(sealed)),
                other => Err(failed(unexpected(&other))),
            }
        })
    }

    fn reveal_secret(&self, app: AppName, name: SecretName) -> Fut<'_, Result<Option<Secret>, VaultError>> {
        Box::pin(async move {
            let Some(sealed) = self.store.secret(app.clone(), name.clone()).await.map_err(failed)? else {
                return Ok(None);
            };
            let question =
                Question::OpenSecret { app: app.clone(), name: name.clone(), sealed: sealed.as_bytes().to_vec() };
            match self.keeper.ask(&question).await.map_err(failed)? {
                Answer::Secret(value) => {
                    self.used(app, name);
                    Ok(Some(Secret::new(value.reveal().to_owned())))
                }
                other => Err(failed(unexpected(&other))),
            }
        })
    }
}
