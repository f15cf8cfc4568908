//! A login on disk as the client uses it: its token is replaced shortly before it ends, by one process at a time.
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use client::{Address, Bound, ClientError, Holder, ProofKey, SignIn};
use types::{Clock, Rng, UnixMillis};

use super::{
    credentials::{Keyring, Lock, Login, Stored},
    failure::Failure,
};

/// A token with less life than this is replaced first.
const MARGIN_S: u64 = 30;
/// How long another process may take to do that.
const WAITS_MAX: usize = 300;
const WAIT: Duration = Duration::from_millis(100);

pub(super) struct Held {
    pub(super) keyring: Keyring,
    pub(super) console: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) rng: Arc<dyn Rng>,
}

fn over(failure: &Failure) -> ClientError {
    ClientError::Over { reason: failure.what.clone() }
}

impl Held {
    fn read(&self) -> Result<(Stored, Login), ClientError> {
        let stored = self.keyring.find(&self.console).map_err(|e| over(&e))?;
        let found = stored.and_then(|stored| stored.login.clone().map(|login| (stored, login)));
        found.ok_or_else(|| ClientError::Over { reason: format!("nobody is signed in to {} any more", self.console) })
    }

    fn key(&self, login: &Login) -> Result<ProofKey, ClientError> {
        ProofKey::read(&login.key(), self.clock.clone(), self.rng.clone())
    }

    fn is_fresh(&self, login: &Login) -> bool {
        self.clock.now().plus_seconds(MARGIN_S) < login.access_until
    }

    async fn token(&self) -> Result<Bound, ClientError> {
        for _ in 0..WAITS_MAX {
            let (stored, login) = self.read()?;
            let key = self.key(&login)?;
            if self.is_fresh(&login) {
                return Ok(Bound { token: stored.secret(), key });
            }
            match self.keyring.lock().map_err(|e| over(&e))? {
                Lock::Held(_file) => return self.refresh(&key).await,
                Lock::Busy => tokio::time::sleep(WAIT).await,
            }
        }
        let reason = "another command keeps the stored credential locked; end it, and try again".to_owned();
        Err(ClientError::Over { reason })
    }

    /// With the lock held. What is on disk may be new since the look before it.
    async fn refresh(&self, key: &ProofKey) -> Result<Bound, ClientError> {
        let (stored, login) = self.read()?;
        if self.is_fresh(&login) {
            return Ok(Bound { token: stored.secret(), key: self.key(&login)? });
        }
        let console: Address =
            self.console.parse().map_err(|e: client::AddressError| ClientError::Over { reason: e.to_string() })?;
        let tokens = SignIn::of(&console).await?.refresh(key, &login.refresh()).await.map_err(|error| match error {
            ClientError::Denied { error, .. } if error == "invalid_grant" => {
                ClientError::Over { reason: format!("the login at {} is over", self.console) }
            }
            other => other,
        })?;
        let access_until = self.clock.now().plus_seconds(tokens.access_s);
        let mut stored = stored.with(&tokens.access(), Login::new(&login.key(), &tokens.refresh(), access_until));
        stored.expires_at = UnixMillis(tokens.login_expires_at);
        self.keyring.put(&self.console, stored).map_err(|e| over(&e))?;
        Ok(Bound { token: tokens.access(), key: key.clone() })
    }
}

impl Holder for Held {
    fn access(&self) -> Pin<Box<dyn Future<Output = Result<Bound, ClientError>> + Send + '_>> {
        Box::pin(self.token())
    }
}
