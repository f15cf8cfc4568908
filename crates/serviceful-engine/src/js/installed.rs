//! The engine module as it is installed: a file beside this executable, read once, before the jail closes.
//!
//! Its digest is part of the build id (`config.rs`): another file is another build, for which everything is made anew.
use std::{path::PathBuf, sync::LazyLock};

use types::Digest;

use crate::seal::sha256;

const FILE: &str = "js-engine.wasm";
/// Larger ones are not read; the real one has about a MiB.
const BYTES_MAX: u64 = 32 << 20;

/// The engine module.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
}

/// The installed engine module; `None` when there is none, and so no JavaScript.
pub(crate) fn installed() -> Option<&'static Installed> {
    static INSTALLED: LazyLock<Option<Installed>> = LazyLock::new(|| {
        let path = path()?;
        if std::fs::metadata(&path).ok()?.len() > BYTES_MAX {
            return None;
        }
        let bytes = std::fs::read(path).ok()?;
        let digest = sha256(&bytes);
        Some(Installed { bytes, digest })
    });
    INSTALLED.as_ref()
}

fn path() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.join(FILE))
}
