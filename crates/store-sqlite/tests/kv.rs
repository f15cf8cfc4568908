//! SQLite keeps the contract of keys and values, across restarts, and each app in a file of its own.
#![expect(clippy::expect_used, reason = "tests")]
use std::{path::Path, sync::Arc};

use store::{KeyValues, StoreError};
use store_sqlite::{KvOpenError, SqliteKeyValues};
use types::{AppName, Blob, KvAnswer, KvQuestion, UnixMillis};

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

/// A store in a folder that goes with the test's process.
fn empty(bytes_max: u64) -> Arc<dyn KeyValues> {
    let folder = tempfile::tempdir().expect("a temporary folder").keep();
    Arc::new(SqliteKeyValues::open(&folder, bytes_max).expect("an empty store"))
}

store::kv_contract_suite!(empty);

fn app(name: &str) -> AppName {
    AppName::parse(name).expect("a name")
}

fn put(key: &str, value: &str) -> KvQuestion {
    KvQuestion::Put { key: key.into(), value: Blob(value.into()), metadata: None, expires_at_s: None }
}

async fn get(store: &SqliteKeyValues, of: &str, key: &str) -> Option<String> {
    match store.ask(app(of), KvQuestion::Get { key: key.into() }, NOW).await.expect("an answer") {
        KvAnswer::Value(found) => found.map(|found| String::from_utf8(found.value.0).expect("text")),
        other => panic!("{other:?}"),
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().expect("text")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_was_put_is_there_after_reopening_in_one_file_an_app() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteKeyValues::open(folder.path(), 1 << 20).expect("a store");
    assert_eq!(get(&store, "coffee", "k").await, None);
    assert_eq!(files(folder.path()), ["kv.lock"], "whoever only looks makes no file");
    for of in ["coffee", "tea"] {
        assert_eq!(store.ask(app(of), put("k", of), NOW).await.expect("an answer"), KvAnswer::Done);
    }
    let second = SqliteKeyValues::open(folder.path(), 1 << 20);
    assert!(matches!(second, Err(KvOpenError::InUse { .. })), "one process at a time");
    store.close();
    assert!(matches!(store.ask(app("tea"), put("k", "late"), NOW).await, Err(StoreError::Closed)));
    drop(store);
    assert_eq!(files(folder.path()), ["coffee.db", "kv.lock", "tea.db"], "closing empties the logs");
    for name in ["coffee.db", "tea.db"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(folder.path().join(name)).expect("there").permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
    let store = SqliteKeyValues::open(folder.path(), 1 << 20).expect("a store");
    assert_eq!(get(&store, "coffee", "k").await.as_deref(), Some("coffee"));
    assert_eq!(get(&store, "tea", "k").await.as_deref(), Some("tea"));
    store.remove(app("coffee")).await.expect("removed");
    assert!(!files(folder.path()).iter().any(|name| name.starts_with("coffee")));
    // A crash before the removal: the next start has no such app.
    assert_eq!(store.keep_only([].into()).await.expect("an answer"), 1);
    assert_eq!(files(folder.path()), ["kv.lock"]);
}

/// More apps than there are open files; nothing of one ends up with another.
#[tokio::test]
async fn many_apps_take_turns_with_few_open_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = SqliteKeyValues::open(folder.path(), 1 << 20).expect("a store");
    let names: Vec<String> = (0..120).map(|n| format!("app-{n}")).collect();
    for name in &names {
        assert_eq!(store.ask(app(name), put("k", name), NOW).await.expect("an answer"), KvAnswer::Done);
    }
    let open = std::fs::read_dir("/proc/self/fd").expect("our descriptors");
    let open = open.filter(|fd| {
        let target = std::fs::read_link(fd.as_ref().expect("one").path()).unwrap_or_default();
        target.starts_with(folder.path())
    });
    assert!(open.count() <= 4 * 16 * 2 + 1, "a file and its log each");
    for name in &names {
        assert_eq!(get(&store, name, "k").await.as_deref(), Some(name.as_str()));
    }
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("coffee.db"), b"this is no database of ours, and long enough to be looked at")
        .expect("written");
    let store = SqliteKeyValues::open(folder.path(), 1 << 20).expect("a store");
    let refused = store.ask(app("coffee"), put("k", "v"), NOW).await;
    assert!(matches!(refused, Err(StoreError::Failed { .. })), "{refused:?}");
    assert_eq!(store.ask(app("tea"), put("k", "v"), NOW).await.expect("an answer"), KvAnswer::Done);
    let left = std::fs::read(folder.path().join("coffee.db")).expect("there");
    assert!(left.starts_with(b"this is no database"));
}
