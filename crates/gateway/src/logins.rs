//! identity, as `sign-in` sees it: logins of command lines opened, refreshed and ended; and whose key a proof is by.
use std::sync::Arc;

use http::Method;
use store::StoreError;
use types::{Assurance, CredentialId, Digest, PrincipalId, Secret, UnixMillis};

use crate::Fut;

/// What to open.
#[derive(Debug, Clone)]
pub struct NewLogin {
    /// The id that was promised for it.
    pub id: CredentialId,
    pub person: PrincipalId,
    /// The thumbprint of the key that every use will be proved with.
    pub key: Digest,
    /// What its owner recognises it by.
    pub label: Arc<str>,
    pub assurance: Assurance,
    pub authenticated_at: UnixMillis,
}

/// The secrets of a login: shown now, kept by nobody but the command line.
#[derive(Debug, Clone)]
pub struct LoginTokens {
    pub login: CredentialId,
    pub access: Secret,
    /// How long the access secret holds, in seconds.
    pub access_s: u64,
    pub refresh: Secret,
    pub ends_at: UnixMillis,
}

/// Why a login was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshFailure {
    /// The reason is for the log; whoever asks learns only that it is over.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// identity: logins of command lines.
pub trait LoginPort: Send + Sync {
    /// The thumbprint of the key that made this proof for a request of this method to this address (RFC 9449 section 4.3).
    /// `Err`: what is wrong with the proof, which its sender may be told.
    fn key_of(&self, proof: Option<&str>, method: &Method, address: &str) -> Result<Digest, String>;
    /// Opens a login. Conflict: its person is disabled or gone.
    fn open_login(&self, new: NewLogin) -> Fut<'_, Result<LoginTokens, StoreError>>;
    /// Replaces both secrets. One that was used before ends the login, in the store and in every cache, before this returns.
    fn refresh_login(&self, refresh: Secret, key: Digest) -> Fut<'_, Result<LoginTokens, RefreshFailure>>;
    /// Ends a credential of a person with all that was made with it, in the store and in every cache before it returns; `false`
    /// when there is none.
    fn end_login(&self, id: CredentialId) -> Fut<'_, Result<bool, StoreError>>;
}
