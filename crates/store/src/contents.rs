//! Contents named by their digest: the components as uploaded. What a user uploads is the truth; compiled code is a cache.
use types::Digest;

/// Why contents could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    #[error("the contents hash to {found}, not to {named}")]
    Mismatch { named: Digest, found: Digest },
    #[error("the contents are larger than {max} bytes")]
    TooLarge { max: u64 },
    #[error("the folder for contents failed while it {doing}")]
    Io {
        doing: &'static str,
        #[source]
        source: std::io::Error,
    },
}

/// A content-addressed folder. Blocking: call it off the request path.
pub trait Contents: Send + Sync {
    /// Stores the bytes under their digest, durable before it returns; storing the same twice is nothing new.
    fn put(&self, named: Digest, bytes: &[u8]) -> Result<(), ContentsError>;
    /// Opens the contents read-only; `None` when they are not there.
    fn open(&self, digest: Digest) -> Result<Option<std::fs::File>, ContentsError>;
    fn has(&self, digest: Digest) -> bool;
}
