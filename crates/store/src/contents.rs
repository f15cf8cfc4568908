//! Contents named by their digest: the components as uploaded. What a user uploads is the truth; compiled code is a cache.
use types::{Digest, UnixMillis};

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

/// One thing that is stored, for whoever cleans up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub digest: Digest,
    pub bytes: u64,
    /// When it was last stored or asked for with [`Contents::want`].
    pub wanted_at: UnixMillis,
}

/// A content-addressed folder. Blocking: call it off the request path.
pub trait Contents: Send + Sync {
    /// Stores the bytes under their digest, durable before it returns. Storing the same again keeps one copy, whose time
    /// starts anew.
    fn put(&self, named: Digest, bytes: &[u8]) -> Result<(), ContentsError>;
    /// Opens the contents read-only; `None` when they are not there.
    fn open(&self, digest: Digest) -> Result<Option<std::fs::File>, ContentsError>;
    fn has(&self, digest: Digest) -> bool;
    /// Whether it is there; if so, its time starts anew at `at`. For whoever is about to build on it.
    fn want(&self, digest: Digest, at: UnixMillis) -> Result<bool, ContentsError>;
    /// Everything that is stored, in no order.
    fn list(&self) -> Result<Vec<Stored>, ContentsError>;
    /// Removes the contents unless they are gone already, or were wanted at or after `before`. `Some`: this many bytes are
    /// free now. One step with `put` and `want`: what they promised to anybody is not taken away.
    fn remove_unwanted(&self, digest: Digest, before: UnixMillis) -> Result<Option<u64>, ContentsError>;
}
