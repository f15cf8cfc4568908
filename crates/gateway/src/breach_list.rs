//! The list of passwords that got out, as rooms see it: `control` replaces it, `sign-in` asks it.
use bytes::Bytes;
use types::{Digest, Secret, UnixMillis};

use crate::Fut;

/// The longest file of a list, in bytes: some 53 million passwords. It is held in memory whole.
pub const BREACH_LIST_BYTES_MAX: usize = 60 << 20;

/// What is known of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreachListFacts {
    /// Passwords on it.
    pub entries: u64,
    /// How often the rarest of them was seen.
    pub min_count: u32,
    /// Length of its file, and about as much memory.
    pub bytes: u64,
    /// Of the file.
    pub digest: Digest,
    /// When this platform took it.
    pub imported_at: UnixMillis,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreachListState {
    /// Nobody has imported one.
    Absent,
    Present(BreachListFacts),
    /// There is a file that cannot be used: new passwords are not held against it, and the platform says so.
    Damaged {
        reason: String,
    },
}

/// Why a list was not taken, or not removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BreachListError {
    /// It is no list; the sentence is for whoever sent it.
    #[error("{0}")]
    Unfit(String),
    /// The platform could not; the sentence is for the operator.
    #[error("the breach list could not be kept: {0}")]
    Failed(String),
}

/// The list.
pub trait BreachListPort: Send + Sync {
    /// Whether the password is on it, or looks as if it were (about one in 256 that is not). Without a list: no.
    fn knows(&self, password: &Secret) -> bool;
    fn state(&self) -> BreachListState;
    /// Replaces the list. It counts from then on, or the one before still does.
    fn put(&self, file: Bytes) -> Fut<'_, Result<BreachListFacts, BreachListError>>;
    /// Forgets the list, or a file that cannot be used; `false` when there is none.
    fn remove(&self) -> Fut<'_, Result<bool, BreachListError>>;
}
