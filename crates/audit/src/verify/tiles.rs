//! The hash tiles against the tree that the records make.
use std::path::Path;

use super::{
    merkle::Hash,
    report::{Fault, Problem, Report},
};
use crate::layout::{self, Layout, TILE_WIDTH, partial};

/// The hashes that the tile of each level should hold so far, and how many full tiles came before.
#[derive(Debug, Default)]
pub(super) struct TileCheck {
    levels: Vec<(u64, Vec<Hash>)>,
}

impl TileCheck {
    /// Takes a tree of the records: its height and root. `required`: its tile must exist once it is full.
    pub(super) fn seen(&mut self, height: u32, hash: &Hash, layout: &Layout, required: bool, report: &mut Report) {
        if !height.is_multiple_of(8) {
            return;
        }
        let level = (height / 8) as usize;
        if self.levels.len() <= level {
            self.levels.push((0, Vec::new()));
        }
        let Some((n, hashes)) = self.levels.get_mut(level) else { return };
        hashes.push(*hash);
        if hashes.len() as u64 == TILE_WIDTH {
            // Level 0 was compared with its records already, hash by hash.
            if level > 0 {
                compare(&layout.tile(level as u8, *n), hashes, level, *n, required, report);
            }
            *n += 1;
            hashes.clear();
        }
    }

    /// The tiles at the edge of the signed tree.
    pub(super) fn edge(&self, layout: &Layout, report: &mut Report) {
        for (level, (n, hashes)) in self.levels.iter().enumerate() {
            if !hashes.is_empty() {
                let full = layout.tile(level as u8, *n);
                if matches!(layout::read(&full), Ok(Some(_))) {
                    continue;
                }
                compare(&partial(&full, hashes.len() as u64), hashes, level, *n, true, report);
            }
        }
    }
}

fn compare(path: &Path, hashes: &[Hash], level: usize, n: u64, required: bool, report: &mut Report) {
    let covered = 256_u64.saturating_pow(level as u32);
    let first = n.saturating_mul(TILE_WIDTH).saturating_mul(covered);
    let problem = |index, what: &str| Problem {
        fault: Fault::Tile,
        index: Some(index),
        file: Some(path.to_owned()),
        what: format!("a tile over the records from {index} on {what}"),
    };
    report.count("tiles above the records", 1);
    match layout::read(path) {
        Ok(Some(bytes)) if bytes.len() == hashes.len() * 32 => {
            let wrong = bytes.chunks(32).zip(hashes).position(|(there, hash)| there != hash);
            if let Some(at) = wrong {
                report.problem(problem(first + at as u64 * covered, "does not hold their hashes"));
            }
        }
        Ok(Some(_)) => report.problem(problem(first, "has the wrong length")),
        Ok(None) if required => report.problem(problem(first, "is missing")),
        Ok(None) => {}
        Err(_) => report.problem(problem(first, "cannot be read")),
    }
}
