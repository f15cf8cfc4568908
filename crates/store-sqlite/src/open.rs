//! Opening and closing the store.
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};
use store::{Answer, StoreError};
use tokio::sync::oneshot;

use crate::{
    fault::{Fault, Label},
    folder,
    lane::{Intake, Lane},
    migrate::{self, MIGRATIONS, MigrateError},
    writer::{self, Job, Write},
};

/// Reads that can wait for the disk at the same time.
const READERS: usize = 2;
/// The write-ahead log is copied into the file whenever it has grown by this many pages (of 4 KiB) …
const CHECKPOINT_PAGES: u32 = 1_000;
/// … and cut to this size afterwards.
const LOG_BYTES_MAX: u32 = 8 << 20;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the folder `{path}` cannot be used for the platform's store; make sure that you own it and that the disk is writable"
    )]
    Folder {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(
        "another process is using the platform's store in `{path}`; stop it first, or choose another data directory"
    )]
    InUse { path: PathBuf },
    #[error(
        "the platform's store in `{path}` cannot be opened (it failed while it {doing}); restore a backup, or choose another data directory"
    )]
    Database {
        path: PathBuf,
        doing: &'static str,
        #[source]
        source: rusqlite::Error,
    },
    #[error(
        "the file system of `{path}` cannot share memory between readers and the writer (some network file systems cannot); choose a data directory on a local disk"
    )]
    NoLog { path: PathBuf },
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error("the threads of the platform's store cannot be started")]
    Threads(#[source] io::Error),
}

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The platform's memory in `platform.db` of one folder. One process at a time; within it, any number of callers.
///
/// One thread writes (see `writer.rs`), two read. All database files lie in the folder, temporary data in memory.
pub struct SqliteStore {
    writer: Lane<Box<dyn Job>>,
    readers: Lane<Read>,
    // INVARIANT: fields drop after `Drop::drop`, so the lock outlives every connection.
    _lock: File,
}

impl SqliteStore {
    /// Opens the store in `folder`, making both if need be (folder 0700, files 0600), and brings the tables up to date.
    /// Blocks; call it before serving.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Folder { path: folder.to_owned(), source };
        folder::private(folder).map_err(unusable)?;
        let lock = folder::lock(&folder.join("platform.lock")).map_err(unusable)?;
        let lock = lock.ok_or_else(|| OpenError::InUse { path: folder.to_owned() })?;
        let file = folder.join("platform.db");
        // SQLite gives its other files the permissions of this one.
        folder::private_file(&file).map_err(unusable)?;
        folder::sync(folder).map_err(unusable)?;

        let failed = |doing| move |source| OpenError::Database { path: folder.to_owned(), doing, source };
        let mut db = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed("opened it"))?;
        if !prepare(&db).map_err(failed("set its journal up"))? {
            return Err(OpenError::NoLog { path: folder.to_owned() });
        }
        migrate::run(&mut db, MIGRATIONS)?;
        let mut reads: Vec<Box<dyn FnOnce(Intake<Read>) + Send>> = Vec::new();
        for _ in 0..READERS {
            let db = connect(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed("opened it for reading"))?;
            reads.push(Box::new(move |intake| read(&db, &intake)));
        }
        let write = vec![move |intake: Intake<Box<dyn Job>>| writer::run(&db, &intake)];
        let readers = Lane::start("store-read", reads).map_err(OpenError::Threads)?;
        let writer = Lane::start("store-write", write).map_err(OpenError::Threads)?;
        Ok(Self { writer, readers, _lock: lock })
    }

    /// Finishes what is queued and closes the files; later calls answer [`StoreError::Closed`]. Blocks; dropping the store does the same.
    pub fn close(&self) {
        self.readers.close();
        self.writer.close();
    }

    /// One transaction. Its future can be dropped: then it happens or not, but never by half.
    pub(crate) fn write<T, F>(&self, label: Label, work: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        Box::pin(async move {
            let (job, answer) = Write::new(label, work);
            self.writer.send(Box::new(job)).await?;
            answer.await.map_err(|_| StoreError::Closed)?
        })
    }

    /// One read. Sees every write that was acknowledged before it was asked for.
    pub(crate) fn read<T, F>(&self, doing: &'static str, work: F) -> Answer<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let label = Label { doing, what: "the question" };
            let read = move |db: &Connection| drop(reply.send(work(db).map_err(|fault| label.explain(fault))));
            self.readers.send(Box::new(read)).await?;
            answer.await.map_err(|_| StoreError::Closed)?
        })
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn read(db: &Connection, intake: &Intake<Read>) {
    while let Some(work) = intake.next() {
        work(db);
    }
}

pub(crate) fn connect(file: &Path, access: OpenFlags) -> Result<Connection, rusqlite::Error> {
    // Each connection belongs to one thread, so SQLite needs no lock of its own; the name is a path, never a URI.
    let db = Connection::open_with_flags(file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    db.execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;")?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Sets the journal up; `false` when this file system cannot have a write-ahead log.
fn prepare(db: &Connection) -> Result<bool, rusqlite::Error> {
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Ok(false);
    }
    // FULL: the log is flushed at every commit. With NORMAL a power cut takes acknowledged writes away.
    db.execute_batch("PRAGMA synchronous = FULL;")?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    db.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
