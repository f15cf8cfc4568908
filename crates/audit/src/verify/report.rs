//! What the verifier found.
use std::{fmt, path::PathBuf};

use crate::TreeHead;

/// What is wrong with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A record is not the one that was logged.
    Changed,
    /// Records were taken out, and later ones moved up.
    Deleted,
    /// Records were put in.
    Inserted,
    /// Records stand in another order.
    Reordered,
    /// Records that a checkpoint or tile counts are not there.
    Missing,
    /// The end of the append file cannot be read: torn by a crash, or changed.
    Torn,
    /// A tile does not hold the hashes of the records under it.
    Tile,
    /// The checkpoint is missing, malformed, or its signature is not the keeper's.
    Checkpoint,
    /// The records do not have the root that was signed.
    Root,
    /// The log, or its checkpoint, is older than what the keeper signed last.
    Rollback,
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub fault: Fault,
    /// The first record concerned.
    pub index: Option<u64>,
    pub file: Option<PathBuf>,
    /// A sentence for people.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.file {
            Some(file) => write!(f, " (`{}`)", file.display()),
            None => Ok(()),
        }
    }
}

/// Something that was compared, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    pub what: &'static str,
    pub done: u64,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Records that were read and hashed.
    pub records: u64,
    /// The signed checkpoint, if its signature holds.
    pub checkpoint: Option<TreeHead>,
    /// Records behind the checkpoint. Their seals were checked; nobody has signed them yet, so whoever can write the files
    /// can still change them: normally those of the last second.
    pub unsigned: u64,
    pub checks: Vec<Check>,
    /// At most [`Report::PROBLEMS_MAX`]; `problems_total` counts all.
    pub problems: Vec<Problem>,
    pub problems_total: u64,
}

impl Report {
    /// More are counted, not kept.
    pub const PROBLEMS_MAX: usize = 100;

    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.problems_total == 0
    }

    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problems_total += 1;
        if self.problems.len() < Self::PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    pub(crate) fn count(&mut self, what: &'static str, more: u64) {
        match self.checks.iter_mut().find(|c| c.what == what) {
            Some(check) => check.done += more,
            None => self.checks.push(Check { what, done: more }),
        }
    }
}
