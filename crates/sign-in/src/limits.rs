//! How often somebody may try to be somebody: per account and known device, or per account and neighbourhood. The delay grows;
//! nobody is shut out for ever, and whoever attacks an account from elsewhere does not slow its owner's own device.
//!
//! An attempt is charged before it is looked at, so that a hundred at once are a hundred; success clears the account.
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use types::{Digest, Instant};

/// Failures that cost no delay.
const FREE: u32 = 5;
/// The longest delay.
const DELAY_S_MAX: u64 = 900;
/// A failure is forgotten after this.
const FORGOTTEN_S: u64 = 900;
/// Keys that are remembered. To push one out, an attacker has to have as many passwords hashed.
const KEYS_MAX: usize = 100_000;

const SECOND_NS: u64 = 1_000_000_000;

#[derive(Clone, Copy)]
struct Tried {
    failures: u32,
    last: Instant,
    open_at: Instant,
}

/// All keys.
pub(crate) struct Limits(Mutex<LruCache<Digest, Tried>>);

fn delay_s(failures: u32) -> u64 {
    match failures.checked_sub(FREE) {
        None | Some(0) => 0,
        Some(over) => 1_u64.checked_shl(over - 1).unwrap_or(DELAY_S_MAX).min(DELAY_S_MAX),
    }
}

impl Limits {
    pub(crate) fn new() -> Self {
        // Unbounded for the library only, because a bounded one reserves all its memory at once.
        Self(Mutex::new(LruCache::unbounded()))
    }

    /// Charges one attempt. `Err(seconds)`: not yet; nothing is charged.
    pub(crate) fn charge(&self, key: Digest, now: Instant) -> Result<(), u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tried = all.get(&key).copied().unwrap_or(Tried { failures: 0, last: now, open_at: now });
        if now < tried.open_at {
            return Err((tried.open_at.0 - now.0).div_ceil(SECOND_NS).max(1));
        }
        let quiet_s = now.0.saturating_sub(tried.last.0) / SECOND_NS;
        let forgotten = u32::try_from(quiet_s / FORGOTTEN_S).unwrap_or(u32::MAX);
        tried.failures = tried.failures.saturating_sub(forgotten).saturating_add(1);
        tried.last = now;
        tried.open_at = Instant(now.0.saturating_add(delay_s(tried.failures).saturating_mul(SECOND_NS)));
        if all.len() >= KEYS_MAX && !all.contains(&key) {
            all.pop_lru();
        }
        all.put(key, tried);
        Ok(())
    }

    /// The attempt was not looked at after all.
    pub(crate) fn undo(&self, key: &Digest) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tried) = all.get_mut(key) {
            tried.failures = tried.failures.saturating_sub(1);
            tried.open_at = tried.last;
        }
    }

    /// The attempt was right.
    pub(crate) fn clear(&self, key: &Digest) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_ends_and_is_forgotten() {
        let limits = Limits::new();
        let (key, other) = (Digest::from_bytes([1; 32]), Digest::from_bytes([2; 32]));
        let at = |seconds: u64| Instant(seconds * SECOND_NS);
        for _ in 0..FREE {
            assert_eq!(limits.charge(key, at(1)), Ok(()));
        }
        assert_eq!(limits.charge(key, at(1)), Ok(()), "the sixth is let through and closes the door behind it");
        assert_eq!(limits.charge(key, at(1)), Err(1));
        assert_eq!(limits.charge(other, at(1)), Ok(()), "nobody else waits");
        let mut now = 2;
        for wait in [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(limits.charge(key, at(now)), Ok(()));
            assert_eq!(limits.charge(key, at(now)), Err(wait), "grows");
            now += wait;
        }
        assert_eq!(limits.charge(key, at(now + 100 * FORGOTTEN_S)), Ok(()));
        assert_eq!(limits.charge(key, at(now + 100 * FORGOTTEN_S)), Ok(()), "forgotten");
        for _ in 0..9 {
            let _ = limits.charge(other, at(1));
        }
        limits.clear(&other);
        assert_eq!(limits.charge(other, at(1)), Ok(()));
        assert_eq!(delay_s(u32::MAX), DELAY_S_MAX);
    }
}
