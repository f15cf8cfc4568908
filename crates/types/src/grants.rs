//! What a function may reach outside its sandbox. Everything is denied until named here.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The capabilities of one function, as the manifest grants them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grants {
    /// `wasi:config` values; they are not secret.
    pub config: BTreeMap<String, String>,
}
