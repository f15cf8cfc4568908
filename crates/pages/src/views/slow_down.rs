//! Too many attempts.
use super::page;
use crate::{Faults, Hidden};

/// Lets a person go on by computing (with a script) or by waiting (without).
#[derive(Debug, Clone, Default)]
pub struct SlowDown {
    pub hidden: Hidden,
    /// Seconds to wait without computing. Also what `Retry-After` should say.
    pub wait_s: u32,
    /// `None`: waiting is the only way.
    pub puzzle: Option<Puzzle>,
    pub faults: Faults,
}

/// Find a decimal number `n`, without leading zeros, such that SHA-256 of `challenge:n` begins with `bits` zero bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Puzzle {
    /// Sent back with the answer.
    pub challenge: String,
    /// About 2^`bits` hashes: 16 takes a phone one or two seconds.
    pub bits: u8,
}
page!(SlowDown, "slow_down.html", |_| 429);
