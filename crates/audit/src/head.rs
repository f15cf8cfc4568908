//! A tree's size and root, and whoever signs them.
use std::{future::Future, pin::Pin};

use types::Digest;

/// Size and root of the log's Merkle tree (RFC 6962 section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many records.
    pub size: u64,
    pub root: Digest,
}

/// Why there is no signature.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignError {
    /// Nobody answers now; the log goes on and asks again.
    #[error("the checkpoint cannot be signed now: {reason}")]
    Unavailable { reason: String },
    /// The signer remembers another history. The log stops.
    #[error("the keeper refuses to sign the checkpoint: {reason}")]
    Refused { reason: String },
}

/// A signer's answer, later.
pub type SignFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SignError>> + Send + 'a>>;

/// Whoever holds the checkpoint key. It lives in another process than the log's writer, so that who takes over the writer
/// cannot sign a rewritten history.
pub trait CheckpointSigner: Send + Sync + 'static {
    /// The last head that was signed, ever.
    fn last_signed(&self) -> SignFuture<'_, Option<TreeHead>>;

    /// Signs `head`. `consistency` proves that it extends the last signed one (RFC 6962 section 2.1.2); it is empty for
    /// the first, and for the same head again. The answer is the whole signed note (C2SP tlog-checkpoint).
    fn sign(&self, head: TreeHead, consistency: Vec<Digest>) -> SignFuture<'_, String>;
}
