//! One thing that is wrong with a manifest.
use serde::{Deserialize, Serialize};

/// Where, what, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error, Serialize, Deserialize)]
#[error("line {line}, column {column}: {}{problem}; {instead}", self.place())]
pub struct ManifestError {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// Path of the key, such as `function[2].access`; empty when the text is not TOML.
    pub key: String,
    pub problem: String,
    pub instead: String,
}

impl ManifestError {
    fn place(&self) -> String {
        if self.key.is_empty() { String::new() } else { format!("`{}`: ", self.key) }
    }
}
