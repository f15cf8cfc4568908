//! The auditor: reads the files with the public key alone, trusts nothing that the writer computed, and shares no tree
//! code with it. Every record is hashed again, every tile compared, every root computed.
mod diagnosis;
mod merkle;
mod report;
mod scan;
mod tiles;

use std::{
    io,
    path::{Path, PathBuf},
};

use signed_note::{StandardVerifier, Verifier as _, VerifierList};
use types::Digest;

pub use report::{Check, Fault, Problem, Report};

use crate::{
    TreeHead,
    append::AppendFile,
    checkpoint::Checkpoint,
    entries::Entries,
    layout::{self, Layout, TILE_WIDTH, partial},
};
use merkle::{Frontier, Hash, leaf};
use tiles::TileCheck;

/// What the verifier knows besides the files.
#[derive(Default)]
pub struct Options<'a> {
    /// Size and root that the keeper signed last: finds a log that was cut back together with its checkpoint. Ask the
    /// keeper before verifying, not after.
    pub keeper_signed: Option<(u64, Digest)>,
    /// Called with the number of records so far, about every 256.
    pub progress: Option<&'a mut dyn FnMut(u64)>,
}

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("`{key}` is not a verifier key; it looks like `name+12345678+base64`, and `serviceful posture` prints it")]
    Key { key: String },
    #[error("cannot read the audit log `{}`; check the path and its owner", dir.display())]
    Io {
        dir: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// Checks the whole log in `dir` against `verifier_key` (signed-note form, `name+hash+key`). Works beside a writer.
///
/// # Errors
/// [`VerifyError`] when the key or the folder cannot be used. What is wrong with the log is in the report.
pub fn verify(dir: &Path, verifier_key: &str, mut options: Options<'_>) -> Result<Report, VerifyError> {
    let io = |source| VerifyError::Io { dir: dir.to_owned(), source };
    // A folder that is not there is not an empty log.
    std::fs::read_dir(dir).map_err(io)?;
    let layout = Layout::new(dir);
    for _ in 1..TRIES_MAX {
        let before = traces(&layout);
        let report = once(&layout, verifier_key, &mut options).map_err(io)?;
        // What a writer did between two looks can pass for damage. Damage is still there at the next look.
        if report.as_ref().is_none_or(Report::is_intact) || before == traces(&layout) {
            return report.ok_or_else(|| unusable(verifier_key));
        }
    }
    once(&layout, verifier_key, &mut options).map_err(io)?.ok_or_else(|| unusable(verifier_key))
}

/// Looks at a log that changes while it is looked at.
const TRIES_MAX: usize = 8;

fn unusable(key: &str) -> VerifyError {
    VerifyError::Key { key: key.chars().take(120).collect() }
}

/// One look at everything; `None` when the key is none.
fn once(layout: &Layout, key: &str, options: &mut Options<'_>) -> io::Result<Option<Report>> {
    let Ok(key) = StandardVerifier::new(key) else { return Ok(None) };
    let progress = options.progress.as_mut().map(|progress| &mut **progress as &mut dyn FnMut(u64));
    let options = Options { keeper_signed: options.keeper_signed, progress };
    Auditor::begin(layout.clone(), key, options)?.run().map(Some)
}

/// What moves when a writer is at work: its checkpoint, and the names and lengths of its segments.
fn traces(layout: &Layout) -> (Option<Vec<u8>>, Vec<(PathBuf, u64)>) {
    let segments = layout.segments().unwrap_or_default();
    let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |found| found.len());
    let segments = segments.into_iter().map(|(_, path)| (path.clone(), length(&path))).collect();
    (layout::read(&layout.checkpoint()).unwrap_or_default(), segments)
}

fn problem(fault: Fault, index: u64, file: Option<PathBuf>, what: String) -> Problem {
    Problem { fault, index: Some(index), file, what }
}

struct Auditor<'a> {
    layout: Layout,
    options: Options<'a>,
    report: Report,
    append: AppendFile,
    /// One more than the last record that should be there.
    end: u64,
    /// Records in the tree so far.
    index: u64,
    frontier: Frontier,
    tiles: TileCheck,
}

impl<'a> Auditor<'a> {
    fn begin(layout: Layout, key: StandardVerifier, options: Options<'a>) -> io::Result<Self> {
        let mut report = Report::default();
        scan::fresh_checkpoint(&layout, options.keeper_signed.map_or(0, |kept| kept.0))?;
        let checkpoint = check_signature(&layout, key, &mut report)?;
        report.checkpoint = checkpoint;
        let signed = checkpoint.map_or(0, |c| c.size);
        scan::append_file(&layout, signed, &mut report)?;
        let mut append = AppendFile::open(&layout, false)?;
        let appended = append.end()?;
        if appended < signed {
            let what = format!("the append file ends at record {appended}, and the checkpoint counts {signed} records");
            report.problem(problem(Fault::Missing, appended, Some(layout.append()), what));
        }
        if checkpoint.is_none() && appended > 0 && report.problems_total == 0 {
            let what = format!("there is no checkpoint, so nobody vouches for the {appended} records");
            report.problem(problem(Fault::Checkpoint, 0, Some(layout.checkpoint()), what));
        }
        let (frontier, tiles) = (Frontier::default(), TileCheck::default());
        Ok(Self { layout, options, report, append, end: appended.max(signed), index: 0, frontier, tiles })
    }

    fn run(mut self) -> io::Result<Report> {
        self.check_rollback();
        while self.bundle()? {
            if let Some(progress) = &mut self.options.progress {
                progress(self.index);
            }
        }
        self.report.unsigned = self.report.records.saturating_sub(self.signed());
        Ok(self.report)
    }

    fn signed(&self) -> u64 {
        self.report.checkpoint.map_or(0, |c| c.size)
    }

    fn check_rollback(&mut self) {
        let Some((size, _)) = self.options.keeper_signed else { return };
        self.report.count("last head that the keeper signed", 1);
        if size > self.end {
            let what =
                format!("the keeper signed {size} records and only {} are there: the log was cut back", self.end);
            self.report.problem(problem(Fault::Rollback, self.end, None, what));
        } else if size > self.signed() {
            let what = format!(
                "the checkpoint counts {} records and the keeper signed {size}: it was replaced by an older one, or the platform was killed in that very moment, which its next start repairs",
                self.signed()
            );
            self.report.problem(problem(Fault::Rollback, self.signed(), Some(self.layout.checkpoint()), what));
        }
    }

    /// Checks the next 256 records, or what there is of them. `false` at the end, or where it cannot go on.
    fn bundle(&mut self) -> io::Result<bool> {
        let n = self.index / TILE_WIDTH;
        let path = self.layout.bundle(n);
        let mut bytes = layout::read(&path)?;
        if bytes.is_some() && !self.may_be_full() {
            let (from, what) = (self.end, "a bundle of records stands behind the end of the log");
            self.report.problem(problem(Fault::Inserted, from, Some(path), what.to_owned()));
            return Ok(false);
        }
        // A bundle that was taken in up to the log's end is done, also when a writer at work has filled it since.
        if self.index >= self.end || !self.index.is_multiple_of(TILE_WIDTH) {
            return Ok(false);
        }
        let first = self.index;
        let last = self.end.min(first + TILE_WIDTH);
        let mut found = Vec::new();
        if bytes.is_none() {
            found = self.hash_appended(first, last)?;
            if found.len() as u64 != last - first {
                // A writer at work deletes a segment once its bundles are full; then this one is there now.
                bytes = layout::read(&path)?;
            }
        }
        match &bytes {
            Some(bytes) => found = self.hash_bundle(first, bytes, &path)?,
            None => found = self.against_edge(first, last, found)?,
        }
        if bytes.is_none() && last <= self.signed() && last - first == TILE_WIDTH {
            let what = format!("the bundle of the records {first} to {} is missing", last - 1);
            self.report.problem(problem(Fault::Missing, first, Some(path.clone()), what));
        }
        self.report.records += found.len() as u64;
        let leaves = self.against_tile(n, found, last - first, bytes.is_some().then_some(path))?;
        let complete = leaves.len() as u64 == last - first;
        self.grow(&leaves);
        if !complete {
            let what = format!("the records from {} on are missing; what follows cannot be checked", self.index);
            self.report.problem(problem(Fault::Missing, self.index, None, what));
        }
        Ok(complete)
    }

    /// Whether the bundle at hand may be full. A writer at work may have filled it since the end was looked up.
    fn may_be_full(&mut self) -> bool {
        let full = self.index - self.index % TILE_WIDTH + TILE_WIDTH;
        if full > self.end
            && let Ok(mut append) = AppendFile::open(&self.layout, false)
            && let Ok(end) = append.end()
        {
            self.end = self.end.max(end);
            self.append = append;
        }
        full <= self.end
    }

    /// The hashes of a bundle's records, each compared with the append file as far as that still has it.
    fn hash_bundle(&mut self, first: u64, bytes: &[u8], path: &Path) -> io::Result<Vec<Hash>> {
        self.report.count("bundles", 1);
        let mut hashes = Vec::with_capacity(TILE_WIDTH as usize);
        let mut differs = false;
        for (index, record) in (first..).zip(Entries::new(bytes)) {
            let Ok(record) = record else {
                self.unreadable(index, path);
                break;
            };
            // Only the first: behind a deleted record all others differ too.
            if !differs && self.append.get(index)?.is_some_and(|appended| appended != record) {
                differs = true;
                let what = format!("record {index} differs between its bundle and the append file");
                self.report.problem(problem(Fault::Changed, index, Some(path.to_owned()), what));
            }
            hashes.push(leaf(record));
        }
        Ok(hashes)
    }

    fn unreadable(&mut self, index: u64, path: &Path) {
        let what = format!("record {index} or its length was changed: it cannot be read");
        self.report.problem(problem(Fault::Changed, index, Some(path.to_owned()), what));
    }

    /// The hashes of records that have no full bundle yet, as far as the append file has them.
    fn hash_appended(&mut self, first: u64, last: u64) -> io::Result<Vec<Hash>> {
        let mut hashes = Vec::new();
        for index in first..last {
            match self.append.get(index)? {
                Some(record) => hashes.push(leaf(record)),
                None => break,
            }
        }
        Ok(hashes)
    }

    /// Compares records from the append file with the bundle at the edge of the signed tree. Returns the bundle's where
    /// the append file lacks them.
    fn against_edge(&mut self, first: u64, last: u64, found: Vec<Hash>) -> io::Result<Vec<Hash>> {
        let index = first + found.len() as u64;
        if index < last && index < self.append.end()? {
            let what = format!("the append file lacks the records from {index} on");
            self.report.problem(problem(Fault::Missing, index, Some(self.layout.append()), what));
        }
        let width = self.edge_width(first);
        if width == 0 {
            return Ok(found);
        }
        let path = partial(&self.layout.bundle(first / TILE_WIDTH), width);
        let Some(bytes) = layout::read(&path)? else {
            // A writer at work that has filled the bundle drops its edge before the next checkpoint stands.
            if self.is_current() && !self.layout.bundle(first / TILE_WIDTH).exists() {
                let what = format!("the bundle of the records from {first} on is missing");
                self.report.problem(problem(Fault::Missing, first, Some(path), what));
            }
            return Ok(found);
        };
        self.report.count("bundles", 1);
        let mut edge = Vec::new();
        for record in Entries::new(&bytes) {
            let Ok(record) = record else {
                self.unreadable(first + edge.len() as u64, &path);
                break;
            };
            edge.push(leaf(record));
        }
        let appended = usize::try_from(width).ok().and_then(|width| found.get(..width));
        match appended {
            Some(appended) => self.name_findings(first, &edge, appended, Some(path)),
            None if edge.len() as u64 == width => return Ok(edge),
            None => false,
        };
        Ok(found)
    }

    /// How many records of the bundle that begins at `first` are at the edge of the signed tree; 0 if all or none.
    fn edge_width(&self, first: u64) -> u64 {
        let width = self.signed().saturating_sub(first);
        if width < TILE_WIDTH { width } else { 0 }
    }

    /// Whether the checkpoint is still the one in the file, so that the files of its edge must be there.
    fn is_current(&self) -> bool {
        let now = Checkpoint::load(&self.layout.checkpoint());
        matches!(now, Ok(Some(Ok(c))) if Some(c.head) == self.report.checkpoint)
    }

    /// Compares records with the hashes of their tile, and returns those to go on with: the tile's where a record is
    /// wrong, so that one wrong record does not make all roots wrong too and what follows is still checked. If the tile
    /// lies as well, the root says so.
    fn against_tile(
        &mut self,
        n: u64,
        found: Vec<Hash>,
        expected: u64,
        bundle: Option<PathBuf>,
    ) -> io::Result<Vec<Hash>> {
        let first = n * TILE_WIDTH;
        let edge = self.edge_width(first);
        let full = self.layout.tile(0, n);
        let (path, width, required) = match layout::read(&full)? {
            Some(_) if expected == TILE_WIDTH => (full, TILE_WIDTH, true),
            _ if edge > 0 => (partial(&full, edge), edge, self.is_current()),
            _ => (full, TILE_WIDTH, expected == TILE_WIDTH && first + TILE_WIDTH <= self.signed()),
        };
        let Some(bytes) = layout::read(&path)? else {
            if required && !self.layout.tile(0, n).exists() {
                let what = format!("the tile over the records from {first} on is missing");
                self.report.problem(problem(Fault::Tile, first, Some(path), what));
            }
            return Ok(found);
        };
        self.report.count("tiles over records", 1);
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() as u64 != width {
            let what = format!("the tile over the records from {first} on has the wrong length");
            self.report.problem(problem(Fault::Tile, first, Some(path), what));
            return Ok(found);
        }
        let whole = width == TILE_WIDTH;
        let mine = if whole { found.as_slice() } else { found.get(..hashes.len()).unwrap_or(&found) };
        if self.name_findings(first, mine, hashes, Some(bundle.unwrap_or(path))) {
            return Ok(found);
        }
        let behind = if whole { &[] } else { found.get(hashes.len()..).unwrap_or_default() };
        Ok([hashes, behind].concat())
    }

    /// Reports where two lists of hashes differ; `true` when they do not.
    fn name_findings(&mut self, first: u64, found: &[Hash], right: &[Hash], file: Option<PathBuf>) -> bool {
        let findings = diagnosis::findings(first, found, right);
        let same = findings.is_empty();
        for f in findings {
            self.report.problem(problem(f.fault, f.index, file.clone(), f.what));
        }
        same
    }

    /// Adds leaves to the tree and compares roots at the sizes that somebody signed.
    fn grow(&mut self, leaves: &[Hash]) {
        let signed = self.signed();
        for hash in leaves {
            let required = self.index < signed;
            let (layout, report, tiles) = (&self.layout, &mut self.report, &mut self.tiles);
            self.frontier.push(*hash, |height, hash| tiles.seen(height, hash, layout, required, report));
            self.index += 1;
            if self.index == signed {
                self.check_edge();
            }
            self.check_root();
        }
    }

    fn check_edge(&mut self) {
        let mut edge = Report::default();
        self.tiles.edge(&self.layout, &mut edge);
        if edge.is_intact() || self.is_current() {
            edge.problems.into_iter().for_each(|p| self.report.problem(p));
            edge.checks.into_iter().for_each(|c| self.report.count(c.what, c.done));
        }
    }

    fn check_root(&mut self) {
        let index = self.index;
        let signed = self.report.checkpoint.filter(|c| c.size == index).map(|c| (c.root, "checkpoint"));
        let kept = self.options.keeper_signed.filter(|k| k.0 == index).map(|k| (k.1, "keeper"));
        for (root, who) in [signed, kept].into_iter().flatten() {
            self.report.count("signed roots", 1);
            if self.frontier.root() != *root.as_bytes() {
                let what = format!(
                    "the first {index} records do not have the root that the {who} names: records and tiles were both rewritten"
                );
                self.report.problem(problem(Fault::Root, 0, None, what));
            }
        }
    }
}

/// The checkpoint's head, if the key's holder signed it.
fn check_signature(layout: &Layout, key: StandardVerifier, report: &mut Report) -> io::Result<Option<TreeHead>> {
    let wrong = |what: String| Problem { fault: Fault::Checkpoint, index: None, file: Some(layout.checkpoint()), what };
    let checkpoint = match Checkpoint::load(&layout.checkpoint())? {
        None => return Ok(None),
        Some(Ok(checkpoint)) => checkpoint,
        Some(Err(e)) => {
            report.problem(wrong(e.to_string()));
            return Ok(None);
        }
    };
    report.count("signatures", 1);
    let name = key.name().to_owned();
    if checkpoint.origin != name {
        report.problem(wrong(format!("the checkpoint is of the log `{}`, not of `{name}`", checkpoint.origin)));
        return Ok(None);
    }
    match checkpoint.note.verify(&VerifierList::new(vec![Box::new(key)])) {
        Ok(_) => Ok(Some(checkpoint.head)),
        Err(e) => {
            report.problem(wrong(format!("the checkpoint is not signed by `{name}`: {e}")));
            Ok(None)
        }
    }
}
