use super::*;

struct Stored(Vec<tlog_tiles::Hash>);
impl tlog_tiles::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|i| self.0[*i as usize]).collect())
    }
}

/// Heads of all sizes up to `count`, and the hashes to prove from.
fn heads(count: u64) -> (Vec<TreeHead>, Stored) {
    let mut stored = Stored(Vec::new());
    let mut heads = vec![TreeHead { size: 0, root: Digest::from_bytes([0; 32]) }];
    for n in 0..count {
        let hashes = tlog_tiles::stored_hashes(n, &n.to_be_bytes(), &stored).unwrap();
        stored.0.extend(hashes);
        let root = tlog_tiles::tree_hash(n + 1, &stored).unwrap();
        heads.push(TreeHead { size: n + 1, root: Digest::from_bytes(root.0) });
    }
    (heads, stored)
}

fn proof(stored: &Stored, old: u64, new: u64) -> Vec<Digest> {
    if old == new {
        return Vec::new();
    }
    tlog_tiles::prove_tree(new, old, stored).unwrap().iter().map(|h| Digest::from_bytes(h.0)).collect()
}

#[test]
fn every_pair_of_sizes_is_proven_and_nothing_else_is() {
    let (heads, stored) = heads(40);
    for old in 1..=40_usize {
        for new in old..=40 {
            let right = proof(&stored, old as u64, new as u64);
            assert!(extends(&heads[old], &heads[new], &right), "{old} {new}");
            let forged = TreeHead { root: Digest::from_bytes([9; 32]), ..heads[new] };
            assert!(!extends(&heads[old], &forged, &right), "forged root {old} {new}");
            let forged = TreeHead { root: Digest::from_bytes([9; 32]), ..heads[old] };
            assert!(!extends(&forged, &heads[new], &right), "forged past {old} {new}");
            if old < new {
                assert!(!extends(&heads[new], &heads[old], &right), "shrinks {old} {new}");
                assert!(!extends(&heads[old], &heads[new], &[]), "no proof {old} {new}");
            }
            for at in 0..right.len() {
                let mut wrong = right.clone();
                wrong[at] = Digest::from_bytes([1; 32]);
                assert!(!extends(&heads[old], &heads[new], &wrong), "{old} {new} hash {at}");
                wrong.remove(at);
                assert!(!extends(&heads[old], &heads[new], &wrong), "{old} {new} without {at}");
            }
            let longer = [right.as_slice(), &[heads[new].root]].concat();
            assert!(!extends(&heads[old], &heads[new], &longer), "{old} {new} longer");
        }
    }
    assert!(!extends(&heads[0], &heads[5], &[]), "the empty tree proves nothing");
    assert!(!extends(&heads[5], &heads[9], &vec![heads[1].root; PROOF_HASHES_MAX + 1]));
}
