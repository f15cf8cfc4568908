//! Private folders and files, and the lock that keeps a second process out.
use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Makes the folder, readable by its owner only; one that exists is made so.
pub(crate) fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // SECURITY: an existing folder may have been opened to others by hand; hashes of tokens and claims lie in it.
    std::fs::set_permissions(folder, Permissions::from_mode(0o700))
}

/// Opens a file of ours, making it if it is not there; it is readable by its owner only from its first moment.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Flushes the folder's list of names: a new or renamed file is durable only after this.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Takes the folder for this process for as long as the file is open; `None` when another holds it. The kernel lets go on any death.
pub(crate) fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = private_file(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(e)) => Err(e),
    }
}
