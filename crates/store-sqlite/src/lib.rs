//! store-sqlite: the platform's memory in one SQLite file, the folder of uploaded contents, and a file for the keys and values of each app.
//! Guarantees: an acknowledged write survives kill -9; callers share commits without sharing failures; one process at a time. (claim C9)
//! Does not: put an app's own data beside the platform's or another app's, hold secrets in clear, or SQL that any other crate can see.
//! Called by: the composition root, through the traits of `store`. Calls: SQLite, the file system of its own folder.
//! If this is wrong: a revoked token works again after a crash, or half a deployment answers. docs/security/threats.md#store
#![forbid(unsafe_code)]

mod accounts;
mod apps;
mod contents;
mod directory;
mod fault;
mod folder;
mod groups;
mod kv;
mod lane;
mod logins;
mod migrate;
mod open;
mod outbox;
mod requests;
mod roster;
mod rows;
mod secrets;
mod sessions;
mod writer;

pub use contents::Folder;
pub use kv::{KvOpenError, SqliteKeyValues};
pub use migrate::MigrateError;
pub use open::{OpenError, SqliteStore};
