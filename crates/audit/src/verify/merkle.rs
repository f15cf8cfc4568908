//! The tree of RFC 6962 section 2.1, computed while records go by; written apart from the writer's.
use sha2::{Digest as _, Sha256};

use crate::consistency::node;

pub(super) type Hash = [u8; 32];

/// `SHA-256(0x00, record)`.
pub(super) fn leaf(record: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record).finalize().into()
}

/// The roots of the perfect trees that the leaves so far make, largest first, with their heights.
#[derive(Debug, Default)]
pub(super) struct Frontier {
    peaks: Vec<(u32, Hash)>,
}

impl Frontier {
    /// Adds a leaf; tells `seen` of every tree that it completes: height and root.
    pub(super) fn push(&mut self, leaf: Hash, mut seen: impl FnMut(u32, &Hash)) {
        let (mut height, mut hash) = (0, leaf);
        seen(height, &hash);
        while let Some((_, left)) = self.peaks.pop_if(|peak| peak.0 == height) {
            hash = node(&left, &hash);
            height += 1;
            seen(height, &hash);
        }
        self.peaks.push((height, hash));
    }

    pub(super) fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some((_, last)) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, (_, left)| node(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962 section 2.1 word for word, as a third opinion.
    fn mth(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => leaf(one),
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                let k = if k == leaves.len() { k / 2 } else { k };
                node(&mth(&leaves[..k]), &mth(&leaves[k..]))
            }
        }
    }

    #[test]
    fn frontier_and_definition_and_the_writers_crate_agree() {
        let records: Vec<Vec<u8>> = (0..700_u32).map(|n| n.to_be_bytes().to_vec()).collect();
        let mut frontier = Frontier::default();
        let mut stored: Vec<tlog_tiles::Hash> = Vec::new();
        for (n, record) in records.iter().enumerate() {
            frontier.push(leaf(record), |_, _| {});
            let hashes = tlog_tiles::stored_hashes(n as u64, record, &Stored(&stored)).unwrap();
            stored.extend(hashes);
            let theirs = tlog_tiles::tree_hash(n as u64 + 1, &Stored(&stored)).unwrap();
            assert_eq!(frontier.root(), theirs.0, "{n}");
            if n % 13 == 0 {
                assert_eq!(frontier.root(), mth(&records[..=n]), "{n}");
            }
        }
        assert_eq!(Frontier::default().root(), mth(&[]));
    }

    struct Stored<'a>(&'a [tlog_tiles::Hash]);
    impl tlog_tiles::HashReader for Stored<'_> {
        fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
            Ok(indexes.iter().map(|i| self.0[*i as usize]).collect())
        }
    }
}
