//! The file system as the bundler sees it: the roots and nothing else, whatever links say.
//!
//! SECURITY: this is the second lock. Landlock is the first and holds for all code of the process; where a kernel lacks it,
//! what a project may read is decided here, on the real path, after all links were followed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oxc_resolver::{FileMetadata, ResolveError};
use rolldown_fs::{FileSystem, OxcResolverFileSystem};

use crate::roots::Roots;

/// Largest source file. What is larger is generated or no source at all.
pub(crate) const SOURCE_BYTES_MAX: u64 = 16 << 20;
/// Largest `package.json` or `tsconfig.json`.
pub(crate) const SETTINGS_BYTES_MAX: u64 = 2 << 20;
/// Sum of all source files.
pub(crate) const SOURCES_BYTES_MAX: u64 = 64 << 20;
/// Number of source files.
pub(crate) const SOURCES_MAX: usize = 20_000;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    #[error(
        "it lies outside of the project, which is all that is read (and the `node_modules` of the folders above); copy it into the project"
    )]
    Outside,
    #[error("it is no ordinary file")]
    NoFile,
    #[error("it has {} MiB; a source file may have {} MiB", .0 >> 20, SOURCE_BYTES_MAX >> 20)]
    TooLarge(u64),
    #[error("the project's source has more than {} MiB; import less, or only what is needed of a package", SOURCES_BYTES_MAX >> 20)]
    TooMuch,
    #[error("the project's source has more than {SOURCES_MAX} files; import less, or only what is needed of a package")]
    TooMany,
    #[error("it is not UTF-8 text")]
    NoText,
    #[error("it cannot be read: {0}")]
    System(io::Error),
}

/// A handle on what may be seen; clones share one record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sight(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    roots: Roots,
    record: Mutex<Record>,
}

#[derive(Debug, Default)]
struct Record {
    /// Everything that was read.
    read: BTreeSet<PathBuf>,
    sources: usize,
    source_bytes: u64,
}

impl Sight {
    pub(crate) fn new(roots: Roots) -> Self {
        Self(Arc::new(Inner { roots, record: Mutex::default() }))
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.0.roots
    }

    /// The files that were read, from the project's folder, in order.
    pub(crate) fn inputs(&self) -> Vec<String> {
        let mut inputs: Vec<String> = self.record().read.iter().map(|path| self.0.roots.relative(path)).collect();
        inputs.sort();
        inputs
    }

    /// The text of a source file, counted against the bounds.
    pub(crate) fn source(&self, path: &Path) -> Result<String, Unread> {
        let real = self.locate(path).map_err(Unread::System)?.ok_or(Unread::Outside)?;
        let found = real.metadata().map_err(Unread::System)?;
        if !found.is_file() {
            return Err(Unread::NoFile);
        }
        if found.len() > SOURCE_BYTES_MAX {
            return Err(Unread::TooLarge(found.len()));
        }
        {
            let mut record = self.record();
            record.sources += 1;
            record.source_bytes += found.len();
            if record.sources > SOURCES_MAX {
                return Err(Unread::TooMany);
            }
            if record.source_bytes > SOURCES_BYTES_MAX {
                return Err(Unread::TooMuch);
            }
        }
        let bytes = std::fs::read(&real).map_err(Unread::System)?;
        self.record().read.insert(real);
        String::from_utf8(bytes).map_err(|_| Unread::NoText)
    }

    /// The text of a file that was read before, for an excerpt.
    pub(crate) fn again(&self, path: &Path) -> Option<String> {
        let real = self.locate(path).ok()??;
        let known = self.record().read.contains(&real);
        known.then(|| std::fs::read_to_string(real).ok()).flatten()
    }

    /// Where `path` really leads, and nothing if that is outside.
    pub(crate) fn locate(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        let real = path.canonicalize()?;
        // The bundler's libraries take paths for text.
        Ok((self.0.roots.hold(&real) && real.to_str().is_some()).then_some(real))
    }

    /// [`Self::locate`] for libraries: what is outside does not exist.
    fn within(&self, path: &Path) -> io::Result<PathBuf> {
        self.locate(path)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// `path` itself, its folder being real: a link at its end is not followed.
    fn entry(&self, path: &Path) -> io::Result<PathBuf> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return self.within(path) };
        if self.0.roots.lie_below(folder) {
            // Beside a root, only what leads into one is there.
            return self.within(path).map(|_| path.to_path_buf());
        }
        Ok(self.within(folder)?.join(name))
    }

    fn settings(&self, path: &Path) -> io::Result<Vec<u8>> {
        let real = self.within(path)?;
        let found = real.metadata()?;
        if !found.is_file() || found.len() > SETTINGS_BYTES_MAX {
            let limit = SETTINGS_BYTES_MAX >> 20;
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("no file of at most {limit} MiB")));
        }
        let bytes = std::fs::read(&real)?;
        self.record().read.insert(real);
        Ok(bytes)
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OxcResolverFileSystem for Sight {
    fn new(_yarn_pnp: bool) -> Self {
        Self::default()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.settings(path)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        String::from_utf8(self.settings(path)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        if self.0.roots.lie_below(path) {
            return Ok(FileMetadata::new(false, true, false));
        }
        self.within(path)?.metadata().map(FileMetadata::from)
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        if self.0.roots.lie_below(path) {
            return Ok(FileMetadata::new(false, true, false));
        }
        self.entry(path)?.symlink_metadata().map(FileMetadata::from)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, ResolveError> {
        let target = self.entry(path).and_then(std::fs::read_link);
        target.map_err(ResolveError::from)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        if self.0.roots.lie_below(path) { Ok(path.to_path_buf()) } else { self.within(path) }
    }
}

/// The bundler writes nothing: its result is a value.
impl FileSystem for Sight {
    fn remove_dir_all(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn create_dir_all(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn exists(&self, path: &Path) -> bool {
        self.metadata(path).is_ok()
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        std::fs::read_dir(self.within(path)?)?.map(|entry| Ok(entry?.path())).collect()
    }

    fn remove_file(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }
}

#[cfg(test)]
mod tests;
