use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

fn made() -> (tempfile::TempDir, Folder) {
    let outside = tempfile::tempdir().unwrap();
    let folder = Folder::open(&outside.path().join("keeper")).unwrap();
    (outside, folder)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn makes_what_only_the_keeper_may_read() {
    let (_outside, folder) = made();
    folder.write("a", b"1", false).unwrap();
    assert_eq!((mode(folder.path()), mode(&folder.file("a"))), (0o700, 0o600));
    assert_eq!(folder.names().unwrap(), ["a"]);
    assert_eq!(folder.read("a").unwrap().unwrap().as_slice(), b"1");
    assert!(folder.read("b").unwrap().is_none());
}

#[test]
fn a_new_file_never_replaces_one_and_a_left_over_does_not_matter() {
    let (_outside, folder) = made();
    folder.write("a", b"1", false).unwrap();
    assert!(folder.write("a", b"2", false).is_err());
    assert_eq!(folder.read("a").unwrap().unwrap().as_slice(), b"1");
    fs::write(folder.file("a.new"), b"half").unwrap();
    folder.write("a", b"3", true).unwrap();
    assert_eq!(folder.read("a").unwrap().unwrap().as_slice(), b"3");
}

#[test]
fn looser_permissions_are_refused_with_the_command_that_mends_them() {
    let (_outside, folder) = made();
    folder.write("a", b"1", false).unwrap();
    for wrong in [0o640, 0o604, 0o620, 0o610, 0o666, 0o601] {
        fs::set_permissions(folder.file("a"), fs::Permissions::from_mode(wrong)).unwrap();
        let refused = folder.read("a").unwrap_err().to_string();
        assert!(refused.contains(&format!("chmod 600 {}", folder.file("a").display())), "{refused}");
    }
    for wrong in [0o755, 0o710, 0o701] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(wrong)).unwrap();
        let refused = Folder::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("chmod 700 {}", folder.path().display())), "{refused}");
    }
}

#[test]
fn links_and_folders_in_the_way_are_refused() {
    let (outside, folder) = made();
    fs::write(outside.path().join("elsewhere"), b"x").unwrap();
    symlink(outside.path().join("elsewhere"), folder.file("a")).unwrap();
    assert!(folder.read("a").is_err());
    assert!(folder.append("a").is_err());
    fs::create_dir(folder.file("b")).unwrap();
    assert!(folder.read("b").is_err());
    symlink(folder.path(), outside.path().join("link")).unwrap();
    assert!(matches!(Folder::open(&outside.path().join("link")), Err(KeeperError::Kind { .. })));
}
