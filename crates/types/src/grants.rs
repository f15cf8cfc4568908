//! What a function may reach outside its sandbox. Everything is denied until named here.
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{KvAccess, SecretName};

/// The capabilities of one function, as the manifest grants them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grants {
    /// `wasi:config` values; they are not secret.
    pub config: BTreeMap<String, String>,
    /// Secrets of the app that the function may read, by name.
    #[serde(default)]
    pub secrets: BTreeSet<SecretName>,
    /// The app's key-value store.
    #[serde(default)]
    pub kv: KvAccess,
}
