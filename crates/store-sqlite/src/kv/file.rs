//! The file of one app: where it is, how it is opened, how it goes.
use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};
use types::AppName;

use crate::{folder, open::connect};

/// "SfKv"
const APPLICATION_ID: i32 = 0x5366_4b76;
/// Steps of the tables; the n-th brings a file to version n. New ones go to the end, and none changes.
const STEPS: [&str; 1] = [include_str!("../../../../migrations/kv/0001_entries.sql")];
/// The write-ahead log is copied into the file whenever it has grown by this many pages of 4 KiB, and cut to the size after it.
const CHECKPOINT_PAGES: u32 = 1_000;
const LOG_BYTES_MAX: u32 = 4 << 20;
const ENDING: &str = ".db";

/// Where an app's keys are. A name of an app is one DNS label, so it is the name of a file, too.
pub(super) fn path(folder: &Path, app: &AppName) -> PathBuf {
    folder.join(format!("{app}{ENDING}"))
}

/// Apps that have a file.
pub(super) fn apps(folder: &Path) -> io::Result<Vec<AppName>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let app = name.to_str().and_then(|name| name.strip_suffix(ENDING)).map(AppName::parse);
        found.extend(app.and_then(Result::ok));
    }
    Ok(found)
}

fn wrong(what: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB), Some(what.to_owned()))
}

/// Opens the file, making it if there is none.
pub(super) fn open(folder: &Path, app: &AppName) -> Result<Connection, rusqlite::Error> {
    let path = path(folder, app);
    let unusable = |e: io::Error| wrong(&format!("the file cannot be used: {e}"));
    // SQLite gives its other files the permissions of this one.
    folder::private_file(&path).map_err(unusable)?;
    folder::sync(folder).map_err(unusable)?;
    let mut db = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // One connection has the file for itself, so the index of its log needs no memory that is shared between processes.
    let mode: String = db.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |row| row.get(0))?;
    if mode != "exclusive" {
        return Err(wrong("the file cannot be had for ourselves"));
    }
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(wrong("this file system cannot have a write-ahead log"));
    }
    // FULL: flushed at every commit. What is removed is overwritten where that costs no extra page.
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST; PRAGMA cache_size = -512;")?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    db.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)?;
    migrate(&mut db)?;
    Ok(db)
}

fn migrate(db: &mut Connection) -> Result<(), rusqlite::Error> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (id, version) = (number("application_id")?, number("user_version")?);
    let empty: bool = db.query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))?;
    if id != APPLICATION_ID && !empty {
        return Err(wrong("it is no file of keys and values"));
    }
    let done = usize::try_from(version).map_err(|_| wrong("its version is none"))?;
    if done > STEPS.len() {
        return Err(wrong("a newer build of the platform made it; run that one again"));
    }
    for (number, step) in (1..).zip(STEPS).skip(done) {
        let tx = db.transaction()?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}

/// Removes an app's file and what SQLite put beside it. The connection is closed by then.
pub(super) fn remove(folder: &Path, app: &AppName) -> io::Result<()> {
    let path = path(folder, app);
    let mut there = false;
    // The file last: while it is there, what is left is known to belong to somebody.
    for ending in ["-journal", "-shm", "-wal", ""] {
        let mut name = path.clone().into_os_string();
        name.push(ending);
        match std::fs::remove_file(name) {
            Ok(()) => there = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    if there { folder::sync(folder) } else { Ok(()) }
}
