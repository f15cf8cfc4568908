//! The keeper, as `identity` sees it: it signs access tokens, and says with which keys.
//! If this is wrong: somebody makes tokens that count here.
use std::sync::Arc;

use types::{Assurance, CredentialId, Digest, PrincipalId, Secret, UnixMillis};

use crate::Fut;

/// The longest life of a token, in seconds. The keeper signs nothing longer, whoever asks.
pub const TOKEN_LIFE_S_MAX: u64 = 600;

/// What a token says. The keeper writes header, `iat` and `exp` itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// `iss`: the sign-in origin.
    pub issuer: String,
    /// `aud`: the one origin where it counts.
    pub audience: String,
    /// `sub`
    pub person: PrincipalId,
    /// `client_id`
    pub client: &'static str,
    /// `sid`: the login that it is of, and ends with.
    pub login: CredentialId,
    /// `jti`
    pub id: String,
    /// `cnf.jkt`: the thumbprint of the key that every use is proved with (RFC 9449).
    pub key: Digest,
    /// At most [`TOKEN_LIFE_S_MAX`].
    pub life_s: u64,
    /// `auth_time`
    pub authenticated_at: UnixMillis,
    /// `acr`
    pub assurance: Assurance,
}

/// A token, and the name (`kid`) of the key that signed it.
#[derive(Debug, Clone)]
pub struct SignedToken {
    pub text: Secret,
    pub key: Arc<str>,
}

/// How far a key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKeyState {
    /// It is published and signs nothing yet.
    Next,
    /// It signs.
    Active,
    /// It signs nothing more; what it signed still counts.
    Retiring,
}

impl TokenKeyState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retiring => "retiring",
        }
    }
}

/// The public half of a key on P-256 that signs with ES256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// Its thumbprint (RFC 7638) in base64url: `kid`.
    pub id: Arc<str>,
    pub x: [u8; 32],
    pub y: [u8; 32],
    pub state: TokenKeyState,
    /// Since when it is published.
    pub made_at: UnixMillis,
    pub signs_from: UnixMillis,
    pub signs_until: UnixMillis,
    /// From then on nothing that it signed counts.
    pub gone_at: UnixMillis,
}

/// The keeper: keys of tokens.
pub trait TokenPort: Send + Sync {
    /// Signs with the key that is active now.
    fn sign(&self, token: NewToken) -> Fut<'_, Result<SignedToken, String>>;
    /// The keys that are published, oldest first. Asking moves them along with the clock.
    fn keys(&self) -> Fut<'_, Result<Vec<TokenKey>, String>>;
    /// Publishes the next key now. In an emergency: drops every key at once and begins anew. The keys after it.
    fn rotate(&self, emergency: bool) -> Fut<'_, Result<Vec<TokenKey>, String>>;
}
