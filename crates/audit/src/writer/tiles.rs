//! The tree as files: hash tiles and entry bundles, 256 wide, with the right edge in memory.
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::PathBuf,
};

use tlog_tiles::{HASH_SIZE, Hash, HashReader, Tile, prove_tree, record_hash, tree_hash};
use types::Digest;

use crate::{
    TreeHead,
    entries::{self, Entries},
    layout::{self, Layout, TILE_WIDTH, partial},
};

const TILE_BYTES: usize = TILE_WIDTH as usize * HASH_SIZE;
const TILE_HEIGHT: u8 = 8;

pub(crate) struct Tiles {
    layout: Layout,
    size: u64,
    /// Hashes of the tile that is not full yet, a level each.
    edge: Vec<Vec<u8>>,
    /// Records of the bundle that is not full yet.
    bundle: Vec<u8>,
    /// Full files that are in place but perhaps not on disk; the append file still holds what they hold.
    unsynced: BTreeSet<PathBuf>,
    /// The files of the edge as last written.
    partials: BTreeSet<PathBuf>,
    /// Full files that stood in place with other contents.
    pub(crate) repaired: u64,
}

fn wrong(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

impl Tiles {
    /// Takes up the tree at `size`, a multiple of 256, from the full tiles on disk.
    pub(crate) fn resume(layout: Layout, size: u64) -> io::Result<Self> {
        let mut edge = vec![Vec::new()];
        let mut level = 1_u8;
        while size >> (8 * u32::from(level)) > 0 {
            let count = size >> (8 * u32::from(level));
            let mut hashes = Vec::new();
            for n in count - count % TILE_WIDTH..count {
                hashes.extend_from_slice(&Tile::subtree_hash(&full_tile(&layout, level - 1, n)?).0);
            }
            edge.push(hashes);
            level += 1;
        }
        let (unsynced, partials) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { layout, size, edge, bundle: Vec::new(), unsynced, partials, repaired: 0 })
    }

    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// How many tiles of a level are full.
    fn full_tiles(&self, level: u8) -> u64 {
        self.size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0)
    }

    /// Adds a record at the end.
    pub(crate) fn push(&mut self, entry: &[u8]) -> io::Result<()> {
        if !entries::push(&mut self.bundle, entry) {
            return Err(wrong("a record is empty or too long"));
        }
        self.size += 1;
        if self.size.is_multiple_of(TILE_WIDTH) {
            let bundle = std::mem::take(&mut self.bundle);
            self.full(self.layout.bundle(self.size / TILE_WIDTH - 1), &bundle)?;
        }
        let mut hash = record_hash(entry);
        for level in 0_u8..TILE_HEIGHT {
            let index = usize::from(level);
            if self.edge.len() == index {
                self.edge.push(Vec::new());
            }
            let Some(edge) = self.edge.get_mut(index) else { break };
            edge.extend_from_slice(&hash.0);
            if edge.len() < TILE_BYTES {
                break;
            }
            let tile = std::mem::take(edge);
            hash = Tile::subtree_hash(&tile);
            let n = self.full_tiles(level).saturating_sub(1);
            self.full(self.layout.tile(level, n), &tile)?;
        }
        Ok(())
    }

    fn full(&mut self, path: PathBuf, bytes: &[u8]) -> io::Result<()> {
        match layout::read(&path)? {
            Some(there) if there == bytes => {}
            there => {
                self.repaired += u64::from(there.is_some());
                layout::place(&path, bytes)?;
            }
        }
        let narrow = partial(&path, 0);
        match fs::remove_dir_all(narrow.parent().unwrap_or(&narrow)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        self.unsynced.insert(path);
        Ok(())
    }

    pub(crate) fn head(&self) -> io::Result<TreeHead> {
        let root = tree_hash(self.size, self).map_err(io::Error::other)?;
        Ok(TreeHead { size: self.size, root: Digest::from_bytes(root.0) })
    }

    /// The proof that this tree extends its own first `size` records.
    pub(crate) fn proof_from(&self, size: u64) -> io::Result<Vec<Digest>> {
        if size == 0 || size >= self.size {
            return Ok(Vec::new());
        }
        let proof = prove_tree(self.size, size, self).map_err(io::Error::other)?;
        Ok(proof.into_iter().map(|h| Digest::from_bytes(h.0)).collect())
    }

    /// Writes the tiles and the bundle at the edge, as the checkpoint of this size needs them.
    pub(crate) fn write_edge(&mut self) -> io::Result<()> {
        let mut fresh = BTreeSet::new();
        for (level, edge) in (0_u8..TILE_HEIGHT).zip(&self.edge).filter(|(_, edge)| !edge.is_empty()) {
            let full = self.layout.tile(level, self.full_tiles(level));
            fresh.insert(place_new(partial(&full, (edge.len() / HASH_SIZE) as u64), edge)?);
        }
        let width = self.size % TILE_WIDTH;
        if width > 0 {
            let path = partial(&self.layout.bundle(self.size / TILE_WIDTH), width);
            fresh.insert(place_new(path, &self.bundle)?);
        }
        self.partials = fresh;
        Ok(())
    }

    /// Removes the files of former edges, whoever wrote them. Only once the checkpoint of this one stands: the one before
    /// needs them.
    pub(crate) fn clear_edge(&self) -> io::Result<()> {
        let levels = (0_u8..TILE_HEIGHT).map(|l| self.layout.tile(l, self.full_tiles(l)));
        let bundle = self.layout.bundle(self.size / TILE_WIDTH);
        for full in levels.chain([bundle]) {
            let folder = partial(&full, 0).parent().map(PathBuf::from).unwrap_or_default();
            let Ok(listing) = fs::read_dir(&folder) else { continue };
            for file in listing {
                let path = file?.path();
                if !self.partials.contains(&path) {
                    remove(&path)?;
                }
            }
        }
        Ok(())
    }

    /// Makes all full files durable, so that the append file may forget what they hold.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        let mut folders = BTreeSet::new();
        for path in &self.unsynced {
            File::open(path)?.sync_all()?;
            folders
                .extend(path.ancestors().skip(1).take_while(|p| p.starts_with(self.layout.dir())).map(PathBuf::from));
        }
        for folder in folders {
            layout::sync_folder(&folder)?;
        }
        self.unsynced.clear();
        Ok(())
    }

    fn hash_at(&self, index: u64) -> Result<Hash, tlog_tiles::Error> {
        let tile = Tile::from_index(TILE_HEIGHT, index);
        let (level, n) = (tile.level(), tile.level_index());
        let count = self.size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        if n < count / TILE_WIDTH {
            let bytes =
                full_tile(&self.layout, level, n).map_err(|e| tlog_tiles::Error::InvalidInput(e.to_string()))?;
            return Tile::new(TILE_HEIGHT, level, n, 1 << TILE_HEIGHT, false).hash_at_index(&bytes, index);
        }
        let edge = self.edge.get(usize::from(level)).filter(|e| !e.is_empty() && n == count / TILE_WIDTH);
        let edge = edge.ok_or(tlog_tiles::Error::IndexesNotInTree)?;
        let width = u32::try_from(edge.len() / HASH_SIZE).map_err(|_| tlog_tiles::Error::InvalidTile)?;
        Tile::new(TILE_HEIGHT, level, n, width, false).hash_at_index(edge, index)
    }
}

impl HashReader for Tiles {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        indexes.iter().map(|index| self.hash_at(*index)).collect()
    }
}

/// Puts a file in place unless it is there already.
fn place_new(path: PathBuf, bytes: &[u8]) -> io::Result<PathBuf> {
    if layout::read(&path)?.as_deref() != Some(bytes) {
        layout::place(&path, bytes)?;
    }
    Ok(path)
}

fn full_tile(layout: &Layout, level: u8, n: u64) -> io::Result<Vec<u8>> {
    let path = layout.tile(level, n);
    match layout::read(&path)? {
        Some(bytes) if bytes.len() == TILE_BYTES => Ok(bytes),
        Some(_) => Err(wrong(&format!("`{}` does not hold 256 hashes", path.display()))),
        None => Err(wrong(&format!("`{}` is missing", path.display()))),
    }
}

/// The records of a full bundle in front of record `until`.
pub(crate) fn bundle_before(layout: &Layout, until: u64) -> io::Result<Vec<Vec<u8>>> {
    let width = usize::try_from(until % TILE_WIDTH).map_err(io::Error::other)?;
    if width == 0 {
        return Ok(Vec::new());
    }
    let path = layout.bundle(until / TILE_WIDTH);
    let bytes = layout::read(&path)?.ok_or_else(|| wrong(&format!("`{}` is missing", path.display())))?;
    let records: Vec<_> = Entries::new(&bytes).map_while(Result::ok).take(width).map(<[u8]>::to_vec).collect();
    if records.len() < width { Err(wrong(&format!("`{}` is cut off", path.display()))) } else { Ok(records) }
}

/// Removes a file that may be gone already.
pub(crate) fn remove(path: &std::path::Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
