//! Secrets of apps: what the keeper sealed, and what may be told about it.
use std::fmt;

use types::{AppName, PrincipalId, SecretName, UnixMillis};

use crate::Answer;

/// The value of a secret, as the keeper sealed it for its app and its name.
///
/// INVARIANT: made where the keeper's answer arrives, and where a database gives back what it kept, nowhere else. `clippy.toml`
/// lists [`SealedSecret::new`], so that a value in clear cannot be put in its place by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(Vec<u8>);

impl SealedSecret {
    /// What the keeper gave.
    pub const fn new(sealed: Vec<u8>) -> Self {
        Self(sealed)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[sealed, {} bytes]", self.0.len())
    }
}

/// A value that shall be the secret's from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSecret {
    pub app: AppName,
    pub name: SecretName,
    pub sealed: SealedSecret,
    pub at: UnixMillis,
    /// The person who set it, where it was one.
    pub by: Option<PrincipalId>,
}

/// What a list shows of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEntry {
    pub name: SecretName,
    /// 1, and one more with each new value.
    pub version: u64,
    pub changed_at: UnixMillis,
    pub changed_by: Option<PrincipalId>,
    /// When a function read it last; to the minute.
    pub used_at: Option<UnixMillis>,
}

/// Secrets of apps. They go along with their app.
pub trait Secrets: Send + Sync {
    /// Sets a value; the secret's version, or `None` when it would be one more than [`types::SECRETS_MAX`] of the app. Conflict: the
    /// app does not exist.
    fn put_secret(&self, new: NewSecret) -> Answer<'_, Option<u64>>;
    /// The value that counts now.
    fn secret(&self, app: AppName, name: SecretName) -> Answer<'_, Option<SealedSecret>>;
    /// Those of an app, by name.
    fn secrets(&self, app: AppName) -> Answer<'_, Vec<SecretEntry>>;
    /// Removes one; `false` when there was none.
    fn remove_secret(&self, app: AppName, name: SecretName) -> Answer<'_, bool>;
    /// Remembers that it was read then, unless it was read later; `false` when it is gone.
    fn secret_used(&self, app: AppName, name: SecretName, at: UnixMillis) -> Answer<'_, bool>;
}
