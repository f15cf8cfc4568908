//! The exact engine that compiled or ran something.
use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// `sf1/wasmtime-48.0.8+p0/cfg-<16 hex>/x86_64-v3`: exact version, our patch level, hash of the engine's configuration, CPU baseline.
/// At most 255 bytes, because wasmtime writes it into each artefact as its module version.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EngineBuild(Arc<str>);

impl EngineBuild {
    pub const MAX_BYTES: usize = 255;

    /// `None` when the text is empty, too long, or holds anything but visible ASCII.
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::MAX_BYTES;
        (fits && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EngineBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EngineBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
