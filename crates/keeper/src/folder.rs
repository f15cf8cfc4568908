//! The keeper's folder: 0700, its files 0600, all of them the keeper's own. Files appear whole and durable or not at all.
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use crate::error::{KeeperError, at};

/// No file here is longer.
const FILE_BYTES_MAX: u64 = 64 << 20;
const NOFOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();

/// A folder that was checked.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

fn check(path: &Path, found: &fs::Metadata, wanted: u32) -> Result<(), KeeperError> {
    let own = rustix::process::geteuid().as_raw();
    if found.uid() != own {
        return Err(KeeperError::Owner { path: path.to_owned(), owner: found.uid(), own });
    }
    let mode = found.mode() & 0o7777;
    // SECURITY: a key that others could read may have been copied; whoever runs the platform must look into it.
    if mode & 0o077 != 0 {
        return Err(KeeperError::Permissions { path: path.to_owned(), mode, wanted });
    }
    Ok(())
}

impl Folder {
    /// Opens the folder, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, KeeperError> {
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => sync(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))?,
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(at(path)(e)),
        }
        let found = fs::symlink_metadata(path).map_err(at(path))?;
        if !found.is_dir() {
            return Err(KeeperError::Kind { path: path.to_owned(), wanted: "a folder" });
        }
        check(path, &found, 0o700)?;
        Ok(Self { path: path.to_owned() })
    }

    /// A folder inside, under the same rules.
    pub(crate) fn inner(&self, name: &str) -> Result<Self, KeeperError> {
        Self::open(&self.path.join(name))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a file; `None` when there is none. The memory is wiped when it is dropped.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeeperError> {
        let path = self.file(name);
        let file = match OpenOptions::new().read(true).custom_flags(NOFOLLOW).open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(at(&path)(e)),
        };
        let found = file.metadata().map_err(at(&path))?;
        if !found.is_file() {
            return Err(KeeperError::Kind { path, wanted: "a file" });
        }
        check(&path, &found, 0o600)?;
        // All at once: a buffer that grows would leave copies of a key behind.
        let length = usize::try_from(found.len().min(FILE_BYTES_MAX)).unwrap_or_default();
        let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
        file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(at(&path))?;
        Ok(Some(bytes))
    }

    /// Puts a file in place, replacing the one before if `replace`; durable when this returns.
    pub(crate) fn write(&self, name: &str, bytes: &[u8], replace: bool) -> Result<(), KeeperError> {
        let path = self.file(name);
        let fresh = self.file(&format!("{name}.new"));
        // One that a crash left was never in use.
        remove(&fresh).map_err(at(&fresh))?;
        let write = || -> io::Result<()> {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(NOFOLLOW).open(&fresh)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            if replace {
                fs::rename(&fresh, &path)
            } else {
                // A link, unlike a rename, never replaces what is there.
                fs::hard_link(&fresh, &path)?;
                remove(&fresh)
            }
        };
        write().map_err(at(&path))?;
        sync(&self.path)
    }

    /// Removes a file that may be gone already; durable when this returns.
    pub(crate) fn remove(&self, name: &str) -> Result<(), KeeperError> {
        let path = self.file(name);
        remove(&path).map_err(at(&path))?;
        sync(&self.path)
    }

    /// Opens a file to append to, and makes it if it is new.
    pub(crate) fn append(&self, name: &str) -> Result<File, KeeperError> {
        let path = self.file(name);
        let mut options = OpenOptions::new();
        let file =
            options.append(true).create(true).mode(0o600).custom_flags(NOFOLLOW).open(&path).map_err(at(&path))?;
        sync(&self.path)?;
        Ok(file)
    }

    /// The names of all files.
    pub(crate) fn names(&self) -> Result<Vec<String>, KeeperError> {
        let list = || -> io::Result<Vec<String>> {
            let names = fs::read_dir(&self.path)?.map(|f| Ok(f?.file_name().to_string_lossy().into_owned()));
            names.collect()
        };
        list().map_err(at(&self.path))
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn sync(path: &Path) -> Result<(), KeeperError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(at(path))
}

#[cfg(test)]
mod tests;
