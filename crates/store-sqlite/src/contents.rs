//! `store::Contents` as a folder: `contents/<first two hex digits>/<64 hex digits>`, each file written once and read-only after.
use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest::{Context, SHA256};
use store::{Contents, ContentsError, Stored};
use types::{Digest, UnixMillis};

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
    /// INVARIANT: held from looking at a file's time until it is removed, and while a file gets a new time. So nobody is told
    /// that something is there which is just being removed.
    changing: Mutex<()>,
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
        Ok(Self { root: root.to_owned(), bytes_max, next: AtomicU64::new(0), changing: Mutex::default() })
    }

    fn alone(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf(&self, digest: Digest) -> PathBuf {
        self.root.join(digest.hex().get(..2).unwrap_or_default())
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.shelf(digest).join(digest.hex())
    }

    fn keep(&self, named: Digest, unfinished: &Path) -> Result<(), ContentsError> {
        let shelf = self.shelf(named);
        if !shelf.is_dir() {
            folder::private(&shelf).map_err(failed("made a shelf"))?;
            folder::sync(&self.root).map_err(failed("flushed its shelves"))?;
        }
        {
            let _alone = self.alone();
            std::fs::rename(unfinished, self.path(named)).map_err(failed("put a file in its place"))?;
        }
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
            // Whatever was there, good or damaged since, is replaced by this copy.
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

    fn want(&self, digest: Digest, at: UnixMillis) -> Result<bool, ContentsError> {
        let _alone = self.alone();
        let Some(file) = self.open(digest)? else { return Ok(false) };
        file.set_modified(UNIX_EPOCH + Duration::from_millis(at.0)).map_err(failed("gave a file a new time"))?;
        Ok(true)
    }

    fn list(&self) -> Result<Vec<Stored>, ContentsError> {
        let mut found = Vec::new();
        for shelf in std::fs::read_dir(&self.root).map_err(failed("was listed"))? {
            let shelf = shelf.map_err(failed("was listed"))?;
            if shelf.file_name() == UNFINISHED || !shelf.path().is_dir() {
                continue;
            }
            for file in std::fs::read_dir(shelf.path()).map_err(failed("was listed"))? {
                let file = file.map_err(failed("was listed"))?;
                // A file of another name is not ours to count or to remove.
                let digest = file.file_name().to_str().and_then(|name| format!("sha256:{name}").parse().ok());
                let Some(digest) = digest else { continue };
                match file.metadata() {
                    Ok(data) => found.push(Stored { digest, bytes: data.len(), wanted_at: modified(&data)? }),
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(failed("was listed")(e)),
                }
            }
        }
        Ok(found)
    }

    fn remove_unwanted(&self, digest: Digest, before: UnixMillis) -> Result<Option<u64>, ContentsError> {
        let _alone = self.alone();
        let Some(file) = self.open(digest)? else { return Ok(None) };
        let data = file.metadata().map_err(failed("looked at a file"))?;
        if modified(&data)? >= before {
            return Ok(None);
        }
        std::fs::remove_file(self.path(digest)).map_err(failed("removed a file"))?;
        Ok(Some(data.len()))
    }
}

fn modified(data: &std::fs::Metadata) -> Result<UnixMillis, ContentsError> {
    let at: SystemTime = data.modified().map_err(failed("looked at a file's time"))?;
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}
