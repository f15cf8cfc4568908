//! What a plan opens, and that it opens nothing else.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::common::{End, probe};

/// A data folder with two apps, as the front sees them.
fn folders() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for app in ["coffee", "tea"] {
        fs::create_dir(folder.path().join(app)).unwrap();
        fs::write(folder.path().join(app).join("data.db"), b"rows").unwrap();
    }
    folder
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn with(role: &str, layers: &str, deed: &str, plan: &[&str], target: &str) -> End {
    probe(&[&[role, layers, "best", deed, "--with", target], plan].concat()).end
}

#[test]
fn a_read_folder_can_be_read_and_nothing_more() {
    let folder = folders();
    let (coffee, tea) = (path(&folder, "coffee"), path(&folder, "tea/data.db"));
    let plan = ["--read", coffee.as_str()];
    let inside = path(&folder, "coffee/data.db");
    for role in ["front", "keeper"] {
        assert_eq!(with(role, "both", "read-named", &plan, &inside), End::Done);
        assert_eq!(with(role, "both", "list-named", &plan, &coffee), End::Done);
        for deed in ["write-named", "truncate-named", "remove-named"] {
            assert_eq!(with(role, "both", deed, &plan, &inside), End::Errno(libc::EACCES), "{role} {deed}");
        }
        assert_eq!(with(role, "both", "read-named", &plan, &tea), End::Errno(libc::EACCES));
        assert_eq!(
            with(role, "both", "read-named", &plan, &format!("{coffee}/../tea/data.db")),
            End::Errno(libc::EACCES)
        );
    }
    assert_eq!(fs::read(inside).unwrap(), b"rows");
}

#[test]
fn a_bundler_reads_and_changes_nothing() {
    let folder = folders();
    let (coffee, inside) = (path(&folder, "coffee"), path(&folder, "coffee/data.db"));
    let plan = ["--read", coffee.as_str()];
    assert_eq!(with("bundle", "both", "read-named", &plan, &inside), End::Done);
    assert_eq!(with("bundle", "both", "list-named", &plan, &coffee), End::Done);
    assert_eq!(with("bundle", "both", "read-named", &plan, &path(&folder, "tea/data.db")), End::Errno(libc::EACCES));
    for deed in ["write-named", "truncate-named", "remove-named"] {
        // Each lock by itself.
        assert_eq!(with("bundle", "seccomp", deed, &[], &inside), End::Errno(libc::ENOSYS), "{deed}");
        assert_eq!(with("bundle", "landlock", deed, &plan, &inside), End::Errno(libc::EACCES), "{deed}");
    }
    assert_eq!(fs::read(inside).unwrap(), b"rows");
    // A plan that names something to write is a mistake of the caller.
    let End::Refused(message) = with("bundle", "both", "nothing", &["--write", &coffee], "") else {
        panic!("must refuse")
    };
    assert!(message.contains("`bundle` writes no files") && message.contains(&coffee), "{message}");
}

#[test]
fn a_link_out_of_a_folder_leads_nowhere() {
    let folder = folders();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("coffee/link")).unwrap();
    let (coffee, link) = (path(&folder, "coffee"), path(&folder, "coffee/link"));
    assert_eq!(with("front", "both", "read-named", &["--write", &coffee], &link), End::Errno(libc::EACCES));
    // Nor can one be made, even with the second lock open.
    let new = path(&folder, "coffee/new");
    assert_eq!(with("front", "landlock", "symlink-named", &["--write", &coffee], &new), End::Errno(libc::EACCES));
    assert_eq!(with("front", "landlock", "make-device", &["--write", &coffee], &new), End::Errno(libc::EACCES));
    assert!(!Path::new(&new).exists());
}

#[test]
fn a_write_folder_holds_a_store() {
    let folder = folders();
    let coffee = path(&folder, "coffee");
    fs::remove_file(folder.path().join("coffee/data.db")).unwrap();
    for role in ["front", "keeper"] {
        assert_eq!(with(role, "both", "store", &["--write", &coffee], &coffee), End::Done, "{role}");
    }
    assert_eq!(
        with("front", "both", "write-named", &["--write", &coffee], &path(&folder, "tea/data.db")),
        End::Errno(libc::EACCES)
    );
    assert_eq!(
        with("front", "both", "remove-named", &["--write", &coffee], &path(&folder, "tea/data.db")),
        End::Errno(libc::EACCES)
    );
}

#[test]
fn a_single_file_can_be_granted() {
    let folder = folders();
    let (coffee, tea) = (path(&folder, "coffee/data.db"), path(&folder, "tea/data.db"));
    let plan = ["--read", coffee.as_str(), "--write", tea.as_str()];
    assert_eq!(with("front", "both", "read-named", &plan, &coffee), End::Done);
    assert_eq!(with("front", "both", "write-named", &plan, &coffee), End::Errno(libc::EACCES));
    assert_eq!(with("front", "both", "write-named", &plan, &tea), End::Done);
    // The folder around it stays closed.
    assert_eq!(with("front", "both", "remove-named", &plan, &tea), End::Errno(libc::EACCES));
    assert_eq!(with("front", "both", "write-named", &plan, &path(&folder, "tea/new")), End::Errno(libc::EACCES));
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let folder = folders();
    let gone = path(&folder, "gone");
    let End::Refused(message) = with("front", "both", "nothing", &["--write", &gone], "") else {
        panic!("must refuse")
    };
    assert!(message.contains(&gone) && message.contains("create it before"), "{message}");
}

#[test]
fn a_role_without_files_gets_no_paths() {
    let folder = folders();
    let coffee = path(&folder, "coffee");
    for role in ["work", "snapshot", "compile", "supervisor"] {
        let End::Refused(message) = with(role, "both", "nothing", &["--read", &coffee], "") else {
            panic!("must refuse")
        };
        assert!(message.contains(role) && message.contains(&coffee), "{message}");
    }
}
