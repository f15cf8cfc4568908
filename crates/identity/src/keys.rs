//! The keys that access tokens are signed with, as the keeper said last; and what happens when they change.
//! If this is wrong: a key that was stolen goes on making people up.
use std::sync::{Arc, PoisonError, RwLock};

use gateway::{NewToken, TokenKey};
use store::{Ended, Everything, StoreError};
use types::Secret;

use crate::{Service, signed::Key};

/// Read at each token that is new here, written about once a month.
#[derive(Default)]
pub(crate) struct Keys(RwLock<Arc<[Key]>>);

impl Keys {
    pub(crate) fn all(&self) -> Arc<[Key]> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, keys: &[TokenKey]) {
        let keys = keys.iter().cloned().filter_map(Key::of).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

/// Why keys were not changed, or not all was done.
#[derive(Debug, thiserror::Error)]
pub enum RotateFailure {
    /// The keeper did not; nothing was changed.
    #[error("{0}")]
    Keeper(String),
    /// The keys are others, and sessions and logins still stand: to be asked for again.
    #[error("the keys were replaced, but sessions and logins were not ended")]
    Store(#[source] StoreError),
}

impl Service {
    /// Asks the keeper for the keys. It moves them along with the clock, so this is asked from time to time.
    ///
    /// # Errors
    /// What the keeper said.
    pub async fn refresh_keys(&self) -> Result<Vec<TokenKey>, String> {
        let keys = self.tokens.keys().await?;
        self.keys.set(&keys);
        Ok(keys)
    }

    /// The keys as they are known here.
    pub(crate) fn known_keys(&self) -> Vec<TokenKey> {
        let now = self.clock.now();
        let all = self.keys.all();
        all.iter().map(|key| &key.public).filter(|key| now < key.gone_at).cloned().collect()
    }

    /// Publishes the next key now. In an emergency: every key is dropped, a new one signs at once, and every session and login of
    /// everybody ends, in the store and in every cache before this returns.
    ///
    /// # Errors
    /// [`RotateFailure`]
    pub async fn rotate_keys(&self, emergency: bool) -> Result<(Vec<TokenKey>, Ended), RotateFailure> {
        let keys = self.tokens.rotate(emergency).await.map_err(RotateFailure::Keeper)?;
        self.keys.set(&keys);
        if !emergency {
            return Ok((keys, Ended::default()));
        }
        // First what is known already: from here on nothing by an old key counts, whatever becomes of the rest.
        self.forget_all();
        let ended = self.store.end_everything(Everything::SignedIn, self.clock.now()).await;
        let ended = ended.map_err(RotateFailure::Store)?;
        self.forget_all();
        Ok((keys, ended))
    }

    pub(crate) fn forget_all(&self) {
        self.forget_every_credential();
        self.sessions.forget_where(|_| true);
    }

    /// Has a token signed.
    pub(crate) async fn sign(&self, token: NewToken) -> Result<Secret, String> {
        let signed = self.tokens.sign(token).await?;
        // It took over since it was asked for last.
        if !self.keys.all().iter().any(|key| key.public.id == signed.key) {
            self.refresh_keys().await?;
        }
        Ok(signed.text)
    }
}
