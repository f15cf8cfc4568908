use std::os::unix::fs::PermissionsExt;

use store::{Apps, Directory};
use types::{AppName, UnixMillis};

use super::*;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn files_are_private_even_in_a_folder_that_was_open() {
    let outer = tempfile::tempdir().expect("a temporary folder");
    let folder = outer.path().join("a").join("platform");
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).expect("opened to all");
    let store = SqliteStore::open(&folder).expect("a store");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let name = AppName::parse("coffee").expect("a name");
    runtime.block_on(store.add_app(name, UnixMillis(1), None)).expect("added");
    assert_eq!(mode(&folder), 0o700);
    for file in ["platform.db", "platform.db-wal", "platform.db-shm", "platform.lock"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_second_opening_is_refused_until_the_first_ends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = SqliteStore::open(folder.path()).expect("a store");
    let error = SqliteStore::open(folder.path()).err().expect("refused");
    assert!(matches!(&error, OpenError::InUse { path } if path == folder.path()), "{error}");
    assert!(error.to_string().contains("stop it first"), "{error}");
    drop(first);
    SqliteStore::open(folder.path()).expect("free again");
}

#[test]
fn damage_is_refused_with_the_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("platform.db"), vec![b'x'; 8_192]).expect("garbage");
    let error = SqliteStore::open(folder.path()).err().expect("refused");
    assert!(matches!(error, OpenError::Database { .. }), "{error}");
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    let file = folder.path().join("file");
    std::fs::write(&file, b"").expect("a file");
    assert!(matches!(SqliteStore::open(&file.join("sub")), Err(OpenError::Folder { .. })));
}

#[test]
fn commits_are_flushed_and_the_log_is_bounded() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("x.db");
    folder::private_file(&file).expect("a file");
    let db = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("opened");
    assert!(prepare(&db).expect("prepared"));
    let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |r| r.get::<_, i64>(0)).expect(name);
    assert_eq!(pragma("synchronous"), 2, "FULL");
    assert_eq!(pragma("foreign_keys"), 1);
    assert_eq!(pragma("wal_autocheckpoint"), i64::from(CHECKPOINT_PAGES));
    assert_eq!(pragma("journal_size_limit"), i64::from(LOG_BYTES_MAX));

    db.execute_batch("CREATE TABLE t (x BLOB) STRICT").expect("a table");
    let log = folder.path().join("x.db-wal");
    for _ in 0..400 {
        db.execute("INSERT INTO t VALUES (randomblob(40000))", []).expect("16 MB in all");
        let bytes = std::fs::metadata(&log).expect("the log").len();
        assert!(bytes <= u64::from(LOG_BYTES_MAX), "the log has {bytes} bytes");
    }
}

#[test]
fn readers_cannot_write() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteStore::open(folder.path()).expect("a store");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let wrote = runtime.block_on(store.read("tried to write", |db| Ok(db.execute("DELETE FROM app", [])?)));
    assert!(matches!(wrote, Err(StoreError::Failed { doing: "tried to write", .. })), "{wrote:?}");
    assert!(!runtime.block_on(store.has_owner()).expect("and goes on reading"));
}

#[test]
fn a_database_that_cannot_have_a_log_is_told_apart() {
    // Memory stands for a file system without shared memory: SQLite keeps another journal mode there.
    let db = Connection::open_in_memory().expect("a database");
    assert!(!prepare(&db).expect("an answer"));
}
