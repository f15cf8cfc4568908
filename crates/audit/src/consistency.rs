//! Does one tree extend another? Written from RFC 9162 section 2.1.4.2, apart from the writer's tree code, for whoever
//! must not take the writer's word.
use sha2::{Digest as _, Sha256};
use types::Digest;

use crate::TreeHead;

/// The longest proof that is read: two hashes for each of 64 levels.
pub const PROOF_HASHES_MAX: usize = 128;

/// `SHA-256(0x01, left, right)`, RFC 6962 section 2.1.
pub(crate) fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Whether `proof` shows that the tree of `new` holds all records of the tree of `old`, in the same places.
/// Equal sizes need equal roots and no proof; the empty tree is a prefix of nothing here, because it proves nothing.
pub fn extends(old: &TreeHead, new: &TreeHead, proof: &[Digest]) -> bool {
    if old.size == 0 || old.size > new.size || proof.len() > PROOF_HASHES_MAX {
        return false;
    }
    if old.size == new.size {
        return proof.is_empty() && old.root == new.root;
    }
    // An old tree that is a perfect one is its own first proof node.
    let mut hashes = proof.iter().map(Digest::as_bytes);
    let first = if old.size.is_power_of_two() { Some(old.root.as_bytes()) } else { hashes.next() };
    let Some(first) = first else { return false };

    let (mut f, mut s) = (old.size - 1, new.size - 1);
    while f & 1 == 1 {
        f >>= 1;
        s >>= 1;
    }
    let (mut old_root, mut new_root) = (*first, *first);
    for hash in hashes {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            old_root = node(hash, &old_root);
            new_root = node(hash, &new_root);
            while f & 1 == 0 && f != 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            new_root = node(&new_root, hash);
        }
        f >>= 1;
        s >>= 1;
    }
    s == 0 && old_root == *old.root.as_bytes() && new_root == *new.root.as_bytes()
}

#[cfg(test)]
mod tests;
