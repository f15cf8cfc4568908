//! Secrets of apps. What a secret holds is told to nobody.
use std::fmt;

use serde::{Deserialize, Serialize};
use types::{PrincipalId, SecretName, UnixMillis};
use utoipa::ToSchema;

/// One secret of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretView {
    /// Such as `STRIPE_KEY`.
    #[schema(value_type = String)]
    pub name: SecretName,
    /// 1, and one more with each new value.
    pub version: u64,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub changed_at: UnixMillis,
    /// The person who set it; absent where the operator did.
    #[schema(value_type = Option<String>)]
    pub changed_by: Option<PrincipalId>,
    pub changed_by_name: Option<String>,
    /// Milliseconds since 1970, to the minute: when a function read it last.
    #[schema(value_type = Option<u64>)]
    pub used_at: Option<UnixMillis>,
    /// Functions of the current deployment that may read it.
    pub functions: Vec<String>,
}

/// Secrets of an app, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretList {
    pub secrets: Vec<SecretView>,
    /// Those that the current deployment's functions may read and nobody has set.
    #[schema(value_type = Vec<String>)]
    pub missing: Vec<SecretName>,
}

/// A new value.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutSecret {
    /// 1 to 65,536 bytes of UTF-8.
    pub value: String,
}

impl fmt::Debug for PutSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PutSecret { value: [redacted] }")
    }
}

/// A secret that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretPut {
    #[schema(value_type = String)]
    pub name: SecretName,
    pub version: u64,
}
