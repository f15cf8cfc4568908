//! What people know and what browsers keep for us: passwords, secrets of authenticators, sealed values.
//! Guarantees: a password leaves as a hash only, a sealed secret never; hashing is bounded in number and in memory.
//! Does not: know whose password it is, count failed attempts, or decide who may sign in.
//! If this is wrong: a stolen store is a list of passwords, or one forged cookie is anybody's session. docs/security/threats.md#keeper
pub(crate) mod hashing;
pub(crate) mod password;
pub(crate) mod ring;
pub(crate) mod seal;
pub(crate) mod totp;

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use types::Rng;

    /// Different bytes each time, the same in each run.
    #[derive(Default)]
    pub(crate) struct Counting(AtomicU64);

    impl Rng for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0];
            }
        }
    }
}
