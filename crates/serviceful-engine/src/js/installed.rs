//! The engine module as it is installed: a file beside this executable, read before the jail closes.
//!
//! Its digest is part of the build id (`config.rs`): another file is another build, for which everything is made anew.
//! Every role knows the digest; only those that work on the module keep its bytes.
use std::{fs::File, io::Read, path::PathBuf, sync::LazyLock};

use aws_lc_rs::digest::{Context, SHA256};
use types::Digest;

use crate::seal::sha256;

const FILE: &str = "js-engine.wasm";
/// Larger ones are not read; the real one has about a MiB.
const BYTES_MAX: u64 = 32 << 20;
/// The file is hashed piece by piece: a worker does not hold a module that it never looks at.
const PIECE_BYTES: usize = 64 << 10;

/// Digest of the installed engine module; `None` when there is none, and so no JavaScript.
pub(crate) fn digest() -> Option<Digest> {
    static DIGEST: LazyLock<Option<Digest>> = LazyLock::new(|| hashed(open()?));
    *DIGEST
}

/// The module itself. Asked for the first time before the jail closes.
pub(crate) fn bytes() -> Option<&'static [u8]> {
    static BYTES: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| {
        let mut bytes = Vec::new();
        open()?.take(BYTES_MAX).read_to_end(&mut bytes).ok()?;
        // Replaced since it was hashed: it is another build's.
        (digest() == Some(sha256(&bytes))).then_some(bytes)
    });
    BYTES.as_deref()
}

fn hashed(file: File) -> Option<Digest> {
    let (mut file, mut hash, mut piece) = (file.take(BYTES_MAX), Context::new(&SHA256), vec![0; PIECE_BYTES]);
    loop {
        match file.read(&mut piece).ok()? {
            0 => break,
            count => hash.update(piece.get(..count)?),
        }
    }
    let found = <[u8; 32]>::try_from(hash.finish().as_ref()).ok()?;
    Some(Digest::from_bytes(found))
}

fn open() -> Option<File> {
    let path = path()?;
    let file = File::open(path).ok()?;
    (file.metadata().ok()?.len() <= BYTES_MAX).then_some(file)
}

fn path() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.join(FILE))
}
