//! The folder of contents: right bytes or none.
#![expect(clippy::expect_used, reason = "tests")]
use std::{io::Read, os::unix::fs::PermissionsExt, path::Path};

use aws_lc_rs::digest::{SHA256, digest};
use store::{Contents, ContentsError};
use store_sqlite::Folder;
use types::{Digest, UnixMillis};

fn named(bytes: &[u8]) -> Digest {
    Digest::from_bytes(digest(&SHA256, bytes).as_ref().try_into().expect("32 bytes"))
}

fn read(folder: &Folder, digest: Digest) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    folder.open(digest).expect("the folder works")?.read_to_end(&mut bytes).expect("the file can be read");
    Some(bytes)
}

fn place(root: &Path, digest: Digest) -> std::path::PathBuf {
    root.join(&digest.hex()[..2]).join(digest.hex())
}

#[test]
fn keeps_bytes_under_their_digest() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::open(root.path(), 1 << 20).expect("a folder");
    // Sizes around the chunk in which it hashes and writes.
    for size in [0_usize, 1, 65_535, 65_536, 65_537, 1 << 20] {
        let bytes: Vec<u8> = (0..size).map(|i| u8::try_from(i % 251).expect("small")).collect();
        let digest = named(&bytes);
        assert!(!folder.has(digest) && read(&folder, digest).is_none());
        for _ in 0..2 {
            folder.put(digest, &bytes).expect("storing, and storing again");
        }
        assert!(folder.has(digest));
        assert_eq!(read(&folder, digest), Some(bytes), "{size}");
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!(mode(&place(root.path(), digest)), 0o400);
        assert_eq!(mode(place(root.path(), digest).parent().expect("a shelf")), 0o700);
        assert_eq!(mode(root.path()), 0o700);
    }
    assert_eq!(std::fs::read_dir(root.path().join(".unfinished")).expect("a folder").count(), 0, "nothing unfinished");
}

#[test]
fn refuses_what_does_not_match_its_name_and_what_is_too_large() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::open(root.path(), 10).expect("a folder");
    let digest = named(b"menu");
    match folder.put(digest, b"poison") {
        Err(ContentsError::Mismatch { named: asked, found }) => assert_eq!((asked, found), (digest, named(b"poison"))),
        other => panic!("{other:?}"),
    }
    let large = [7; 11];
    assert!(matches!(folder.put(named(&large), &large), Err(ContentsError::TooLarge { max: 10 })));
    for digest in [digest, named(b"poison"), named(&large)] {
        assert!(!folder.has(digest));
    }
    folder.put(named(&large[..10]), &large[..10]).expect("exactly the limit fits");
}

#[test]
fn a_damaged_copy_is_replaced_and_crash_leftovers_go() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let digest = named(b"menu");
    let folder = Folder::open(root.path(), 100).expect("a folder");
    folder.put(digest, b"menu").expect("stored");
    let place = place(root.path(), digest);
    std::fs::remove_file(&place).expect("removed");
    std::fs::write(&place, b"mend").expect("damaged");
    folder.put(digest, b"menu").expect("stored again");
    assert_eq!(read(&folder, digest).as_deref(), Some(&b"menu"[..]));

    let leftover = root.path().join(".unfinished").join("0");
    std::fs::write(&leftover, b"half").expect("a leftover");
    let folder = Folder::open(root.path(), 100).expect("a folder");
    assert!(!leftover.exists());
    assert!(folder.has(digest));
}

#[test]
fn many_threads_may_store_the_same() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::open(root.path(), 1 << 20).expect("a folder");
    let bytes = vec![3; 200_000];
    let digest = named(&bytes);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| folder.put(digest, &bytes).expect("stored"));
        }
    });
    assert_eq!(read(&folder, digest), Some(bytes));
}

/// Seconds since 1970, for people who read the test.
fn at(seconds: u64) -> UnixMillis {
    UnixMillis(seconds * 1_000)
}

#[test]
fn lists_what_is_there_with_its_size_and_time() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::open(root.path(), 100).expect("a folder");
    assert_eq!(folder.list().expect("a list"), []);
    for bytes in [&b"menu"[..], b"orders", b""] {
        folder.put(named(bytes), bytes).expect("stored");
        assert!(folder.want(named(bytes), at(1_000 + bytes.len() as u64)).expect("a new time"));
    }
    assert!(!folder.want(named(b"absent"), at(1)).expect("an answer"));
    // Somebody else's files are not listed, wherever they lie.
    std::fs::write(root.path().join("notes.txt"), b"mine").expect("a file");
    std::fs::write(place(root.path(), named(b"menu")).with_file_name("notes"), b"mine").expect("a file");
    let mut found: Vec<_> = folder.list().expect("a list").iter().map(|s| (s.bytes, s.digest, s.wanted_at)).collect();
    found.sort_unstable();
    let expected = [&b""[..], b"menu", b"orders"].map(|b| (b.len() as u64, named(b), at(1_000 + b.len() as u64)));
    assert_eq!(found, expected);
}

#[test]
fn removes_what_nobody_wanted_lately_and_nothing_else() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::open(root.path(), 100).expect("a folder");
    let digest = named(b"menu");
    folder.put(digest, b"menu").expect("stored");
    assert_eq!(folder.remove_unwanted(digest, at(1_000_000)).expect("an answer"), None, "it was stored just now");
    folder.want(digest, at(50)).expect("a new time");
    assert_eq!(folder.remove_unwanted(digest, at(50)).expect("an answer"), None, "to the millisecond");
    folder.put(digest, b"menu").expect("stored again");
    assert_eq!(folder.remove_unwanted(digest, at(51)).expect("an answer"), None, "storing again is wanting");
    folder.want(digest, at(50)).expect("a new time");
    assert_eq!(folder.remove_unwanted(digest, at(51)).expect("an answer"), Some(4));
    assert!(!folder.has(digest) && !folder.want(digest, at(60)).expect("an answer"));
    assert_eq!(folder.remove_unwanted(digest, at(51)).expect("an answer"), None, "gone is gone");
    folder.put(digest, b"menu").expect("stored anew");
    assert_eq!(read(&folder, digest).as_deref(), Some(&b"menu"[..]));
}

#[test]
fn whoever_is_told_that_it_is_there_finds_it() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let folder = Folder::open(root.path(), 100).expect("a folder");
    let digest = named(b"menu");
    for _ in 0..300 {
        folder.put(digest, b"menu").expect("stored");
        folder.want(digest, at(1)).expect("an old time");
        let (wanted, removed) = std::thread::scope(|scope| {
            let wanted = scope.spawn(|| folder.want(digest, at(100)).expect("an answer"));
            let removed = scope.spawn(|| folder.remove_unwanted(digest, at(50)).expect("an answer"));
            (wanted.join().expect("it ends"), removed.join().expect("it ends"))
        });
        assert_eq!(wanted, removed.is_none(), "one of the two came first");
        assert_eq!(folder.has(digest), wanted);
    }
}
