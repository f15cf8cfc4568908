//! identity, as `sign-in` sees it: logins of command lines opened, refreshed and ended; and whose key a proof is by.
use std::sync::Arc;

use http::Method;
use store::{Audience, Opening, StoreError};
use types::{Assurance, CredentialId, Digest, PrincipalId, Secret, UnixMillis};

use crate::{Fut, TokenKey};

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
    /// The session and the code that it is opened with.
    pub opening: Opening,
    /// Whose software it is, and where its first token counts.
    pub wanted: Wanted,
}

/// Which token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `client_id`
    pub client: &'static str,
    /// The one place where it counts (RFC 8707).
    pub audience: Audience,
}

/// Why a login was not opened.
#[derive(Debug, thiserror::Error)]
pub enum LoginFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keeper did not sign its token. Nothing was opened.
    #[error("the token was not signed: {0}")]
    Unsigned(String),
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
    /// Logins of the same person that ended for it, because there were too many.
    pub ended: Vec<CredentialId>,
}

/// Why a login was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshFailure {
    /// The reason is for the log; whoever asks learns only that it is over.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keeper did not sign the new token. The secret still counts.
    #[error("the token was not signed: {0}")]
    Unsigned(String),
}

/// identity: logins of command lines.
pub trait LoginPort: Send + Sync {
    /// The thumbprint of the key that made this proof for a request of this method to this address (RFC 9449 section 4.3).
    /// `Err`: what is wrong with the proof, which its sender may be told.
    fn key_of(&self, proof: Option<&str>, method: &Method, address: &str) -> Result<Digest, String>;
    /// Opens a login. Conflict: its person is disabled or gone, or its session or code does not count any more.
    fn open_login(&self, new: NewLogin) -> Fut<'_, Result<LoginTokens, LoginFailure>>;
    /// Replaces both secrets. One that was used before ends the login, in the store and in every cache, before this returns.
    fn refresh_login(
        &self,
        refresh: Secret,
        key: Digest,
        wanted: Wanted,
    ) -> Fut<'_, Result<LoginTokens, RefreshFailure>>;
    /// A code came twice: it opens nothing any more, and the login that it opened ends, in the store and in every cache, before this
    /// returns. `false`: it had opened none.
    fn void_code(&self, code: Digest, login: CredentialId) -> Fut<'_, Result<bool, StoreError>>;
    /// The keys that access tokens may be signed with now: what is published at `jwks_uri`.
    fn token_keys(&self) -> Vec<TokenKey>;
    /// Ends a credential of a person with all that was made with it, in the store and in every cache before it returns; `false`
    /// when there is none.
    fn end_login(&self, id: CredentialId) -> Fut<'_, Result<bool, StoreError>>;
}
