//! SQLite keeps the contract of `store`.
#![expect(clippy::expect_used, reason = "tests")]
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use store::Store;
use store_sqlite::SqliteStore;

/// A store in a folder of its own, which goes when the store does.
fn empty() -> Arc<dyn Store> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteStore::open(folder.path()).expect("an empty store");
    // SQLite keeps its files open; nothing needs the names any more.
    drop(folder);
    Arc::new(store)
}

store::contract_suite!(empty);

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    names.sort();
    names
}

/// What the contract says must also hold after the process ends in the usual way.
#[tokio::test]
async fn what_was_written_is_there_after_reopening_and_nothing_is_left_behind() {
    use types::{AppName, UnixMillis};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = AppName::parse("coffee").expect("a name");
    for round in 0..3_u64 {
        let store = SqliteStore::open(folder.path()).expect("a store");
        let new = store::Apps::add_app(&store, app.clone(), UnixMillis(round), None).await.expect("an answer");
        assert_eq!(new, round == 0);
        store.close();
        let log = folder.path().join("platform.db-wal");
        assert!(!log.exists(), "closing empties the write-ahead log into the file: {:?}", names(folder.path()));
        let closed = store::Apps::apps(&store).await;
        assert!(matches!(closed, Err(store::StoreError::Closed)), "{closed:?}");
        let closed = store::Apps::remove_app(&store, app.clone()).await;
        assert!(matches!(closed, Err(store::StoreError::Closed)), "{closed:?}");
    }
}
