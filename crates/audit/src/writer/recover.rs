//! Opening: one writer at a time; what a crash left is made whole, what an attacker left is refused.
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{
    flusher::Segment,
    tiles::{Tiles, bundle_before, remove},
};
use crate::{
    TreeHead,
    append::{self, Broken},
    checkpoint::Checkpoint,
    layout::{self, Layout, TILE_WIDTH},
};

/// Why a log cannot be written to.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("another process writes the audit log `{}`; stop it first", dir.display())]
    InUse { dir: PathBuf },
    /// The files contradict each other in a way that no crash explains.
    #[error(
        "the audit log `{}` was changed while nobody wrote it: {what}; look with `serviceful audit verify --dir FOLDER --key KEY`, keep a copy, and restore the folder from a backup", dir.display()
    )]
    Damaged { dir: PathBuf, what: String },
    #[error("cannot open the audit log `{}`; check the folder's owner and the free space", dir.display())]
    Io {
        dir: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// What opening found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Records in the log.
    pub records: u64,
    /// Bytes of a write that a crash interrupted. Nobody had been told that it was durable; it is kept in the file `torn`.
    pub torn_bytes: u64,
    /// Tiles and bundles that were not as the append file says, and were written again.
    pub repaired_files: u64,
}

/// All that a writer needs to go on.
pub(crate) struct Opened {
    pub(crate) lock: File,
    pub(crate) segment: Segment,
    pub(crate) recovered: Recovered,
    pub(crate) tree: Tree,
}

/// Where the sequencer goes on.
pub(crate) struct Tree {
    pub(crate) tiles: Tiles,
    /// Where it goes on reading: first record and length of the last segment.
    pub(crate) position: (u64, u64),
    pub(crate) checkpoint: Option<TreeHead>,
}

enum Failure {
    InUse,
    Damaged(String),
    Io(io::Error),
}

impl From<io::Error> for Failure {
    fn from(source: io::Error) -> Self {
        // Our own words for files that are not as they should be.
        if source.kind() == io::ErrorKind::InvalidData { Self::Damaged(source.to_string()) } else { Self::Io(source) }
    }
}

pub(crate) fn open(dir: &Path, segment_bytes_max: u64) -> Result<Opened, OpenError> {
    open_layout(&Layout::new(dir), segment_bytes_max).map_err(|failure| match failure {
        Failure::InUse => OpenError::InUse { dir: dir.to_owned() },
        Failure::Damaged(what) => OpenError::Damaged { dir: dir.to_owned(), what },
        Failure::Io(source) => OpenError::Io { dir: dir.to_owned(), source },
    })
}

fn open_layout(layout: &Layout, segment_bytes_max: u64) -> Result<Opened, Failure> {
    let lock = take_lock(layout)?;
    let checkpoint = match Checkpoint::load(&layout.checkpoint())? {
        None => None,
        Some(Ok(checkpoint)) => Some(checkpoint.head),
        Some(Err(e)) => return Err(Failure::Damaged(e.to_string())),
    };
    let mut replay = Replay::begin(layout, checkpoint)?;
    let segments = layout.segments()?;
    let mut position = (0, 0);
    let mut torn_bytes = 0;
    for (at, (first, path)) in segments.iter().enumerate() {
        let segment = append::Segment::parse(*first, fs::read(path)?, true);
        if *first != replay.next {
            return Err(Failure::Damaged(format!("the append file lacks the records from {} on", replay.next)));
        }
        replay.segment(&segment)?;
        if let Some(broken) = segment.broken {
            let last = at + 1 == segments.len();
            refuse_damage(broken, last, checkpoint)?;
            torn_bytes = broken.bytes as u64;
            cut_off(layout, path, &segment)?;
        }
        position = (*first, segment.whole as u64);
    }
    let mut tiles = replay.end()?;
    if checkpoint.is_some_and(|c| c.size == tiles.size()) {
        // A power cut may have taken them after the checkpoint.
        tiles.write_edge()?;
    }
    let file = match segments.last() {
        Some((_, path)) => Some(OpenOptions::new().append(true).open(path)?),
        None => None,
    };
    let segment = Segment { layout: layout.clone(), file, bytes: position.1, bytes_max: segment_bytes_max };
    let recovered =
        Recovered { records: tiles.size(), torn_bytes, repaired_files: std::mem::take(&mut tiles.repaired) };
    Ok(Opened { lock, segment, recovered, tree: Tree { tiles, position, checkpoint } })
}

fn take_lock(layout: &Layout) -> Result<File, Failure> {
    let (fresh, made) = (!layout.append().exists(), !layout.dir().exists());
    fs::create_dir_all(layout.append())?;
    fs::create_dir_all(layout.tiles())?;
    let lock = OpenOptions::new().write(true).create(true).truncate(false).open(layout.lock())?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Failure::InUse),
        Err(TryLockError::Error(e)) => return Err(e.into()),
    }
    if fresh {
        layout::sync_folder(layout.dir())?;
    }
    // A folder that was there belongs to whoever made it, and a jailed writer may not open what is above it.
    if made {
        layout.dir().parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), layout::sync_folder)?;
    }
    Ok(lock)
}

/// A crash tears the end of the last segment and nothing else, and never what a checkpoint covers.
fn refuse_damage(broken: Broken, last: bool, checkpoint: Option<TreeHead>) -> Result<(), Failure> {
    let covered = checkpoint.is_some_and(|c| broken.at < c.size);
    if last && !broken.inside && !covered {
        return Ok(());
    }
    Err(Failure::Damaged(format!("the append file cannot be read from record {} on", broken.at)))
}

fn cut_off(layout: &Layout, path: &Path, segment: &append::Segment) -> io::Result<()> {
    layout::place(&layout.torn(), segment.rest())?.sync_all()?;
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(segment.whole as u64)?;
    file.sync_all()
}

/// Builds the tree again from where the append file begins, and holds it against the checkpoint.
struct Replay {
    tiles: Tiles,
    /// The next record that the append file must have.
    next: u64,
    checkpoint: Option<TreeHead>,
}

impl Replay {
    fn begin(layout: &Layout, checkpoint: Option<TreeHead>) -> Result<Self, Failure> {
        let segments = layout.segments()?;
        let first = segments.first().map_or(0, |s| s.0);
        if segments.is_empty() && checkpoint.is_some() {
            return Err(Failure::Damaged("its append file is gone".to_owned()));
        }
        if first > 0 && checkpoint.is_none_or(|c| c.size < first) {
            return Err(Failure::Damaged("its checkpoint is gone or too old".to_owned()));
        }
        let tiles = Tiles::resume(layout.clone(), first - first % TILE_WIDTH)?;
        let mut replay = Self { tiles, next: first, checkpoint };
        replay.compare()?;
        for record in bundle_before(layout, first)? {
            replay.push(&record)?;
        }
        Ok(replay)
    }

    fn push(&mut self, record: &[u8]) -> Result<(), Failure> {
        self.tiles.push(record)?;
        self.compare()
    }

    fn segment(&mut self, segment: &append::Segment) -> Result<(), Failure> {
        for index in segment.first..segment.end() {
            if let Some(record) = segment.get(index) {
                self.push(record)?;
            }
        }
        self.next = segment.end();
        Ok(())
    }

    /// SECURITY: without this, an edit made while the platform was down would be built into fresh tiles and signed.
    fn compare(&self) -> Result<(), Failure> {
        match self.checkpoint {
            Some(c) if c.size == self.tiles.size() && self.tiles.head()? != c => {
                Err(Failure::Damaged(format!("its first {} records do not have the root of its checkpoint", c.size)))
            }
            _ => Ok(()),
        }
    }

    fn end(self) -> Result<Tiles, Failure> {
        match self.checkpoint {
            Some(c) if c.size > self.tiles.size() => Err(Failure::Damaged(format!(
                "its checkpoint counts {} records and only {} are there",
                c.size,
                self.tiles.size()
            ))),
            _ => Ok(self.tiles),
        }
    }
}

/// Deletes segments that are wholly in durable bundles under the checkpoint. The last segment always stays, and so does
/// the one that begins with record `reading`: its reader finds out only there that it is spent.
pub(crate) fn retire(layout: &Layout, tiles: &mut Tiles, signed: u64, reading: u64) -> io::Result<()> {
    let segments = layout.segments()?;
    let kept = signed - signed % TILE_WIDTH;
    let spent: Vec<_> = segments
        .windows(2)
        .filter_map(|pair| match pair {
            [(first, path), (next, _)] if *next <= kept && *first != reading => Some(path),
            _ => None,
        })
        .collect();
    if spent.is_empty() {
        return Ok(());
    }
    tiles.sync()?;
    for path in spent {
        remove(path)?;
    }
    layout::sync_folder(&layout.append())
}
