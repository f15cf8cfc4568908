//! Names what happened to records whose hashes differ from those in their tile.
use super::{merkle::Hash, report::Fault};

/// What happened, to which record, as a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) fault: Fault,
    pub(super) index: u64,
    pub(super) what: String,
}

/// Compares the records found with the hashes that their tile holds; `first` is the place of both in the log.
pub(super) fn findings(first: u64, found: &[Hash], tile: &[Hash]) -> Vec<Finding> {
    let Some(at) = (0..found.len().max(tile.len())).find(|i| found.get(*i) != tile.get(*i)) else { return Vec::new() };
    let index = first + at as u64;
    if found.len() == tile.len() {
        return same_length(first, found, tile);
    }
    let rest_found = found.get(at..).unwrap_or_default();
    let rest_tile = tile.get(at..).unwrap_or_default();
    let gap = found.len().abs_diff(tile.len());
    let one = if found.len() < tile.len() && Some(rest_found) == rest_tile.get(gap..) {
        Finding { fault: Fault::Deleted, index, what: named(index, gap, "deleted") }
    } else if found.len() > tile.len() && Some(rest_tile) == rest_found.get(gap..) {
        Finding { fault: Fault::Inserted, index, what: named(index, gap, "put in") }
    } else {
        Finding { fault: Fault::Changed, index, what: format!("record {index} or those behind it were changed") }
    };
    vec![one]
}

fn named(index: u64, count: usize, done: &str) -> String {
    match count {
        1 => format!("record {index} was {done}"),
        _ => format!("records {index} to {} were {done}", index + count as u64 - 1),
    }
}

fn same_length(first: u64, found: &[Hash], tile: &[Hash]) -> Vec<Finding> {
    let different: Vec<usize> = (0..found.len()).filter(|i| found.get(*i) != tile.get(*i)).collect();
    let sorted = |hashes: &[Hash]| {
        let mut picked: Vec<_> = different.iter().filter_map(|i| hashes.get(*i)).copied().collect();
        picked.sort_unstable();
        picked
    };
    let places: Vec<u64> = different.iter().map(|i| first + *i as u64).collect();
    if let [index, .., last] = places.as_slice()
        && sorted(found) == sorted(tile)
    {
        let what = match places.len() {
            2 => format!("records {index} and {last} were swapped"),
            count => format!("{count} records from {index} to {last} were put in another order"),
        };
        return vec![Finding { fault: Fault::Reordered, index: *index, what }];
    }
    let changed = |index| Finding { fault: Fault::Changed, index, what: format!("record {index} was changed") };
    places.into_iter().map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: &[u8], tile: &[u8], expected: &[(Fault, u64)]) {
        let hashes = |list: &[u8]| list.iter().map(|n| [*n; 32]).collect::<Vec<_>>();
        let named: Vec<_> = findings(100, &hashes(found), &hashes(tile)).iter().map(|f| (f.fault, f.index)).collect();
        assert_eq!(named, expected, "{found:?} against {tile:?}");
    }

    #[test]
    fn names_what_happened() {
        check(&[1, 2, 3], &[1, 2, 3], &[]);
        check(&[1, 9, 3], &[1, 2, 3], &[(Fault::Changed, 101)]);
        check(&[8, 2, 9], &[1, 2, 3], &[(Fault::Changed, 100), (Fault::Changed, 102)]);
        check(&[3, 2, 1], &[1, 2, 3], &[(Fault::Reordered, 100)]);
        check(&[2, 3, 1], &[1, 2, 3], &[(Fault::Reordered, 100)]);
        check(&[1, 3], &[1, 2, 3], &[(Fault::Deleted, 101)]);
        check(&[1, 4, 5], &[1, 2, 3, 4, 5], &[(Fault::Deleted, 101)]);
        check(&[1, 2], &[1, 2, 3], &[(Fault::Deleted, 102)]);
        check(&[1, 7, 2, 3], &[1, 2, 3], &[(Fault::Inserted, 101)]);
        check(&[1, 9], &[1, 2, 3], &[(Fault::Changed, 101)]);
        check(&[], &[1], &[(Fault::Deleted, 100)]);
    }
}
