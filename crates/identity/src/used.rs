//! Proofs that were used, until they are too old to be: each counts once.
//!
//! Only proofs that came with a token that counts are remembered, by key; and of one key no more than [`PER_KEY_MAX`] at a time.
//! So nobody's proofs push out another's, and strangers cost nothing.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use types::{Digest, UnixMillis};

use crate::proof::{Flaw, Proof};

/// Of one key, within about two minutes.
const PER_KEY_MAX: usize = 2_048;
/// Keys: as many command lines as are at work at the same time.
const KEYS_MAX: usize = 4_096;

/// All that were used.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashMap<Digest, HashMap<Digest, UnixMillis>>>);
// What is too old goes when it is in the way, and from time to time ([`Used::purge`]).

impl Used {
    /// Forgets what is too old to be used again; how much that was.
    pub(crate) fn purge(&self, now: UnixMillis) -> usize {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone = 0;
        all.retain(|_, of| {
            let before = of.len();
            of.retain(|_, until| now < *until);
            gone += before - of.len();
            of.shrink_to(2 * of.len());
            !of.is_empty()
        });
        gone
    }

    /// Uses a proof up.
    pub(crate) fn take(&self, proof: &Proof, now: UnixMillis) -> Result<(), Flaw> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEYS_MAX && !all.contains_key(&proof.key) {
            all.retain(|_, of| of.values().any(|until| now < *until));
            if all.len() >= KEYS_MAX {
                return Err(Flaw::TooMany);
            }
        }
        let of = all.entry(proof.key).or_default();
        if of.len() >= PER_KEY_MAX {
            of.retain(|_, until| now < *until);
            if of.len() >= PER_KEY_MAX {
                return Err(Flaw::TooMany);
            }
        }
        match of.insert(proof.id, proof.until) {
            Some(until) if now < until => Err(Flaw::Replayed),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(key: u8, id: u32, until_s: u64) -> Proof {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&id.to_be_bytes());
        Proof { key: Digest::from_bytes([key; 32]), id: Digest::from_bytes(bytes), until: UnixMillis(until_s * 1_000) }
    }

    #[test]
    fn a_proof_counts_once_and_no_key_crowds_out_another() {
        let (used, at) = (Used::default(), |seconds: u64| UnixMillis(seconds * 1_000));
        assert_eq!(used.take(&proof(1, 1, 60), at(0)), Ok(()));
        assert_eq!(used.take(&proof(1, 1, 60), at(1)), Err(Flaw::Replayed));
        assert_eq!(used.take(&proof(2, 1, 60), at(1)), Ok(()), "another key's is another");
        let most = u32::try_from(PER_KEY_MAX).unwrap();
        for id in 2..=most {
            assert_eq!(used.take(&proof(1, id, 60), at(2)), Ok(()));
        }
        assert_eq!(used.take(&proof(1, most + 1, 60), at(3)), Err(Flaw::TooMany));
        assert_eq!(used.take(&proof(1, 1, 60), at(3)), Err(Flaw::TooMany), "nothing is forgotten for it");
        assert_eq!(used.take(&proof(2, 2, 60), at(3)), Ok(()), "nobody else waits");
        assert_eq!(used.take(&proof(1, most + 1, 130), at(60)), Ok(()), "what is too old makes room");
    }

    #[test]
    fn what_is_too_old_is_forgotten_and_nothing_else() {
        let (used, at) = (Used::default(), |seconds: u64| UnixMillis(seconds * 1_000));
        for (key, id, until) in [(1, 1, 60), (1, 2, 90), (2, 1, 60)] {
            assert_eq!(used.take(&proof(key, id, until), at(0)), Ok(()));
        }
        assert_eq!((used.purge(at(59)), used.purge(at(60))), (0, 2));
        assert_eq!(used.0.lock().unwrap().len(), 1, "a key without proofs takes no place");
        assert_eq!(used.take(&proof(1, 2, 90), at(89)), Err(Flaw::Replayed));
        assert_eq!((used.purge(at(90)), used.0.lock().unwrap().len()), (1, 0));
    }

    #[test]
    fn keys_are_bounded() {
        let used = Used::default();
        let key = |n: u32| Proof { key: proof(0, n, 0).id, ..proof(0, 7, 60) };
        let most = u32::try_from(KEYS_MAX).unwrap();
        for n in 0..most {
            assert_eq!(used.take(&key(n), UnixMillis(0)), Ok(()));
        }
        assert_eq!(used.take(&key(most), UnixMillis(0)), Err(Flaw::TooMany));
        assert_eq!(used.take(&key(most), UnixMillis(60_000)), Ok(()));
    }
}
