//! The keeper, as `sign-in` sees it.
use std::sync::Arc;

use store::SealedSecret;
use types::{AppName, PrincipalId, Secret, SecretName};

use crate::Fut;

/// What a sealed value is for; it opens for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedFor {
    /// What an app's origin remembers while its visitor signs in.
    Transaction,
    /// What an app's origin asks of the sign-in origin.
    Request,
    /// A password was right, and the second factor is awaited.
    HalfWay,
    /// A browser in which somebody signed in before.
    Device,
    /// A mail that waits to be sent.
    Mail,
}

/// Why the keeper did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Too many passwords wait to be hashed.
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error("the password has fewer than {chars_min} characters")]
    TooShort { chars_min: u32 },
    #[error("the password has more than {chars_max} characters")]
    TooLong { chars_max: u32 },
    #[error("the keeper did not do it: {0}")]
    Failed(String),
}

/// Whether a password is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordVerdict {
    pub matches: bool,
    /// A stronger hash of it, to be stored in place of the one that matched.
    pub better: Option<Arc<str>>,
}

/// The keeper: passwords, codes, seals.
pub trait VaultPort: Send + Sync {
    /// The hash of a new password.
    fn hash(&self, password: Secret) -> Fut<'_, Result<Arc<str>, VaultError>>;
    /// Compares; without a hash the answer is no, and takes as long.
    fn verify(&self, password: Secret, stored: Option<Arc<str>>) -> Fut<'_, Result<PasswordVerdict, VaultError>>;
    /// A new authenticator secret: sealed for this person, and in Base32 for them.
    fn new_totp(&self, person: PrincipalId) -> Fut<'_, Result<(Vec<u8>, Secret), VaultError>>;
    /// The time step that a code belongs to.
    fn totp_step(&self, person: PrincipalId, sealed: Vec<u8>, code: Secret)
    -> Fut<'_, Result<Option<u64>, VaultError>>;
    /// Seals; `context` must be the same when it is opened.
    fn seal(&self, what: SealedFor, context: String, plain: Vec<u8>) -> Fut<'_, Result<Vec<u8>, VaultError>>;
    /// Opens; `None` for what was not sealed for this.
    fn unseal(&self, what: SealedFor, context: String, sealed: Vec<u8>)
    -> Fut<'_, Result<Option<Vec<u8>>, VaultError>>;
}

/// Secrets of apps: sealed where they are set, opened where a function uses one.
pub trait SecretPort: Send + Sync {
    /// Seals a value for this app and this name alone.
    fn seal_secret(&self, app: AppName, name: SecretName, value: Secret) -> Fut<'_, Result<SealedSecret, VaultError>>;
    /// The value that counts now; `None` when nobody has set one. The use is remembered.
    ///
    /// INVARIANT: the caller has seen the grant: it answers whoever asks.
    fn reveal_secret(&self, app: AppName, name: SecretName) -> Fut<'_, Result<Option<Secret>, VaultError>>;
}
