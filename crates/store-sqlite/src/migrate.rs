//! Bringing the tables up to date: numbered, forward only, each in one transaction.
use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension};

/// One step. Its text never changes once released: what ran is compared by hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

macro_rules! migrations {
    ($($name:literal),+) => {
        &[$(Migration {
            name: $name,
            sql: include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
        }),+]
    };
}

/// All steps; the n-th has number n. New ones go to the end.
pub(crate) const MIGRATIONS: &[Migration] = migrations![
    "0001_apps",
    "0002_directory",
    "0003_credential_parent",
    "0004_people",
    "0005_logins",
    "0006_mail",
    "0007_access_requests",
    "0008_groups",
    "0009_secrets"
];

/// Marks a file as the platform's own in SQLite's header ("SfPl").
const APPLICATION_ID: i32 = 0x5366_506c;

/// Why the tables could not be brought up to date. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("`platform.db` is not a store of this platform; choose another data directory")]
    Foreign,
    #[error(
        "the platform's store is at version {found}, this build knows versions up to {known}; run the newer build again, or restore the backup made before the upgrade"
    )]
    FromTheFuture { found: usize, known: usize },
    #[error(
        "step `{name}` of the platform's store is not the one that this build knows; run the build that made it, or restore a backup"
    )]
    Edited { name: String },
    #[error(
        "step `{name}` left rows of table `{table}` that refer to nothing; it was undone, so the former build can run again"
    )]
    Dangling { name: &'static str, table: String },
    #[error(
        "step `{name}` of bringing the platform's store up to date failed; nothing was changed, so the former build can run again"
    )]
    Failed {
        name: &'static str,
        #[source]
        source: rusqlite::Error,
    },
}

/// Runs the steps that have not run yet.
pub(crate) fn run(db: &mut Connection, steps: &[Migration]) -> Result<(), MigrateError> {
    let failed = |source| MigrateError::Failed { name: "version", source };
    own(db)?;
    let done = history(db).map_err(failed)?;
    if done.len() > steps.len() {
        return Err(MigrateError::FromTheFuture { found: done.len(), known: steps.len() });
    }
    for ((name, hash), step) in done.iter().zip(steps) {
        if hash.as_slice() != digest(&SHA256, step.sql.as_bytes()).as_ref() {
            return Err(MigrateError::Edited { name: name.clone() });
        }
    }
    for (number, step) in (1_i64..).zip(steps).skip(done.len()) {
        let failed = |source| MigrateError::Failed { name: step.name, source };
        if let Some(table) = apply(db, number, step).map_err(failed)? {
            return Err(MigrateError::Dangling { name: step.name, table });
        }
    }
    Ok(())
}

/// Marks an empty file as ours; refuses a file of somebody else.
fn own(db: &Connection) -> Result<(), MigrateError> {
    let failed = |source| MigrateError::Failed { name: "version", source };
    let id: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(failed)?;
    if id == APPLICATION_ID {
        return Ok(());
    }
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    if id != 0 || tables != 0 {
        return Err(MigrateError::Foreign);
    }
    let text = format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID};
         CREATE TABLE migration (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 BLOB NOT NULL) STRICT; COMMIT;"
    );
    db.execute_batch(&text).map_err(failed)
}

fn history(db: &Connection) -> Result<Vec<(String, Vec<u8>)>, rusqlite::Error> {
    // A file that was marked but lost its table is not guessed about: this fails.
    let mut rows = db.prepare("SELECT name, sha256 FROM migration ORDER BY number")?;
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// One step in one transaction. Some table: the step left dangling references there, and was undone.
fn apply(db: &mut Connection, number: i64, step: &Migration) -> Result<Option<String>, rusqlite::Error> {
    let tx = db.transaction()?;
    tx.execute_batch(step.sql)?;
    let hash = digest(&SHA256, step.sql.as_bytes());
    tx.execute("INSERT INTO migration (number, name, sha256) VALUES (?1, ?2, ?3)", (number, step.name, hash.as_ref()))?;
    // A step that leaves a dangling reference would fail some later, innocent write.
    let dangling: Option<String> =
        tx.query_row("SELECT \"table\" FROM pragma_foreign_key_check", [], |row| row.get(0)).optional()?;
    if dangling.is_none() {
        tx.commit()?;
    }
    Ok(dangling)
}

#[cfg(test)]
mod tests;
