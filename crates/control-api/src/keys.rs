//! Keys of access tokens, as those see them who look after the platform. Public halves are at the sign-in origin's `jwks_uri`.
use serde::{Deserialize, Serialize};
use types::UnixMillis;
use utoipa::ToSchema;

/// How far a key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyStage {
    /// It is published, and signs nothing yet.
    Next,
    /// It signs.
    Active,
    /// It signs nothing more; what it signed still counts.
    Retiring,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyView {
    /// `kid`: its thumbprint (RFC 7638).
    pub id: String,
    /// `ES256`
    pub algorithm: String,
    pub stage: KeyStage,
    /// Milliseconds since 1970: since when it is at this stage.
    #[schema(value_type = u64)]
    pub since: UnixMillis,
    /// Milliseconds since 1970: when it comes to the next stage; after the last one it is gone.
    #[schema(value_type = u64)]
    pub until: UnixMillis,
}

/// The keys that are published, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyList {
    pub keys: Vec<KeyView>,
}

/// How to replace them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKeys {
    /// `false`: the next key is published now and signs from a day later. `true`: all keys are dropped at once, a new one signs, and
    /// everybody is signed out everywhere.
    pub emergency: bool,
}

/// What there is afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysRotated {
    pub keys: Vec<KeyView>,
    pub sessions_ended: usize,
    pub logins_ended: usize,
}
