//! `store::Contents` as a folder: `contents/<first two hex digits>/<64 hex digits>`, each file written once and read-only after.
use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use aws_lc_rs::digest::{Context, SHA256};
use store::{Contents, ContentsError};
use types::Digest;

use crate::folder;

/// Where files are before they are whole. Whatever lies there at the start was left by a crash.
const UNFINISHED: &str = ".unfinished";
const CHUNK_BYTES: usize = 64 << 10;

/// The folder of uploaded components. One process writes to it: the one that holds the store's lock.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    bytes_max: u64,
    next: AtomicU64,
}

fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> ContentsError {
    move |source| ContentsError::Io { doing, source }
}

impl Folder {
    /// Opens `root` (made if need be, 0700), which takes contents of up to `bytes_max` bytes each, and clears what a crash left.
    pub fn open(root: &Path, bytes_max: u64) -> Result<Self, ContentsError> {
        let unfinished = root.join(UNFINISHED);
        folder::private(root).map_err(failed("was made private"))?;
        match std::fs::remove_dir_all(&unfinished) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed("was cleared of unfinished files")(e)),
            _ => {}
        }
        folder::private(&unfinished).map_err(failed("was made private"))?;
        Ok(Self { root: root.to_owned(), bytes_max, next: AtomicU64::new(0) })
    }

    fn shelf(&self, digest: Digest) -> PathBuf {
        self.root.join(digest.hex().get(..2).unwrap_or_default())
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.shelf(digest).join(digest.hex())
    }

    /// Whether a whole and undamaged copy is there.
    fn holds(&self, digest: Digest) -> Result<bool, ContentsError> {
        let Some(mut file) = self.open(digest)? else { return Ok(false) };
        let mut hash = Context::new(&SHA256);
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = file.read(&mut chunk).map_err(failed("read a file back"))?;
            match chunk.get(..read) {
                Some([]) | None => return Ok(hash.finish().as_ref() == digest.as_bytes()),
                Some(bytes) => hash.update(bytes),
            }
        }
    }

    fn keep(&self, named: Digest, unfinished: &Path) -> Result<(), ContentsError> {
        let shelf = self.shelf(named);
        if !shelf.is_dir() {
            folder::private(&shelf).map_err(failed("made a shelf"))?;
            folder::sync(&self.root).map_err(failed("flushed its shelves"))?;
        }
        std::fs::rename(unfinished, self.path(named)).map_err(failed("put a file in its place"))?;
        folder::sync(&shelf).map_err(failed("flushed a shelf"))
    }
}

/// Writes and hashes the bytes piece by piece, and flushes the file.
fn write(path: &Path, bytes: &[u8]) -> Result<Digest, ContentsError> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed("began a file"))?;
    let mut hash = Context::new(&SHA256);
    for chunk in bytes.chunks(CHUNK_BYTES) {
        hash.update(chunk);
        file.write_all(chunk).map_err(failed("wrote a file"))?;
    }
    file.set_permissions(Permissions::from_mode(0o400)).map_err(failed("made a file read-only"))?;
    file.sync_all().map_err(failed("flushed a file"))?;
    let found = <[u8; 32]>::try_from(hash.finish().as_ref()).unwrap_or_default();
    Ok(Digest::from_bytes(found))
}

impl Contents for Folder {
    fn put(&self, named: Digest, bytes: &[u8]) -> Result<(), ContentsError> {
        if u64::try_from(bytes.len()).is_ok_and(|len| len > self.bytes_max) {
            return Err(ContentsError::TooLarge { max: self.bytes_max });
        }
        let unfinished = self.root.join(UNFINISHED).join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let result = match write(&unfinished, bytes) {
            Ok(found) if found != named => Err(ContentsError::Mismatch { named, found }),
            // A copy that was damaged since is replaced by this one; a good one is left alone.
            Ok(_) if self.holds(named)? => Ok(()),
            Ok(_) => return self.keep(named, &unfinished),
            Err(e) => Err(e),
        };
        // What is not kept may as well be cleared by the next start.
        drop(std::fs::remove_file(&unfinished));
        result
    }

    fn open(&self, digest: Digest) -> Result<Option<File>, ContentsError> {
        match File::open(self.path(digest)) {
            Ok(file) => Ok(Some(file)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(failed("opened a file")(e)),
        }
    }

    fn has(&self, digest: Digest) -> bool {
        self.path(digest).is_file()
    }
}
