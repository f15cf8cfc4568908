use std::fs;
use std::os::unix::fs::symlink;

use super::*;

/// `<tmp>/outer/{node_modules/pkg, project/{src, node_modules}, secret}`, seen from the project.
fn place() -> (tempfile::TempDir, Sight, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let outer = folder.path().canonicalize().unwrap().join("outer");
    for path in ["node_modules/pkg", "project/src", "project/node_modules"] {
        fs::create_dir_all(outer.join(path)).unwrap();
    }
    fs::write(outer.join("secret"), "secret").unwrap();
    fs::write(outer.join("node_modules/pkg/index.js"), "pkg").unwrap();
    fs::write(outer.join("project/src/a.ts"), "a").unwrap();
    let sight = Sight::new(Roots::find(&outer.join("project")).unwrap());
    (folder, sight, outer)
}

#[test]
fn the_project_and_packages_above_are_read() {
    let (_folder, sight, outer) = place();
    assert_eq!(sight.source(&outer.join("project/src/a.ts")).unwrap(), "a");
    assert_eq!(sight.source(&outer.join("project/src/../src/a.ts")).unwrap(), "a");
    assert_eq!(sight.source(&outer.join("node_modules/pkg/index.js")).unwrap(), "pkg");
    assert_eq!(sight.inputs(), ["../node_modules/pkg/index.js", "src/a.ts"]);
}

/// Every way of the two traits to look at a file.
fn seen(sight: &Sight, path: &Path) -> Vec<&'static str> {
    let mut ways = Vec::new();
    let mut way = |name, open: bool| ways.extend(open.then_some(name));
    way("source", sight.source(path).is_ok());
    way("again", sight.again(path).is_some());
    way("read", OxcResolverFileSystem::read(sight, path).is_ok());
    way("read_to_string", sight.read_to_string(path).is_ok());
    way("metadata", sight.metadata(path).is_ok());
    way("canonicalize", sight.canonicalize(path).is_ok());
    way("exists", sight.exists(path));
    way("read_dir", sight.read_dir(path).is_ok());
    ways
}

#[test]
fn nothing_outside_is_there_by_any_way_and_any_link() {
    let (_folder, sight, outer) = place();
    let src = outer.join("project/src");
    symlink(outer.join("secret"), src.join("file")).unwrap();
    symlink("../../secret", src.join("relative")).unwrap();
    symlink(&outer, src.join("folder")).unwrap();
    symlink("folder", src.join("chain")).unwrap();
    symlink("loop", src.join("loop")).unwrap();
    for path in
        ["file", "relative", "folder/secret", "chain/secret", "loop", "../../secret", "folder/project/../secret"]
    {
        assert_eq!(seen(&sight, &src.join(path)), [""; 0], "{path}");
    }
    for path in ["secret", "../outer/secret", "other", "node_modules/../secret"] {
        assert_eq!(seen(&sight, &outer.join(path)), [""; 0], "{path}");
    }
    for path in ["/etc/passwd", "/etc", "/proc/self/mem", "/dev/zero"] {
        assert_eq!(seen(&sight, Path::new(path)), [""; 0], "{path}");
    }
    // The honest twin: what is inside is there by each way that fits it.
    assert_eq!(seen(&sight, &src), ["metadata", "canonicalize", "exists", "read_dir"]);
    assert!(seen(&sight, &src.join("a.ts")).len() >= 6);
    // A link that stays inside leads on.
    symlink("a.ts", src.join("inner")).unwrap();
    assert_eq!(sight.source(&src.join("inner")).unwrap(), "a");
    // Of a folder above, no more than that it is a folder.
    assert_eq!(seen(&sight, &outer), ["metadata", "canonicalize", "exists"]);
}

#[test]
fn what_is_no_source_is_refused_by_name() {
    let (_folder, sight, outer) = place();
    let src = outer.join("project/src");
    rustix::fs::mkfifoat(rustix::fs::CWD, src.join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    assert!(matches!(sight.source(&src.join("pipe")), Err(Unread::NoFile)));
    assert!(matches!(sight.source(&src), Err(Unread::NoFile)));
    fs::write(src.join("bytes"), [0xff, 0xfe]).unwrap();
    assert!(matches!(sight.source(&src.join("bytes")), Err(Unread::NoText)));
    fs::File::create(src.join("large")).unwrap().set_len(SOURCE_BYTES_MAX + 1).unwrap();
    assert!(matches!(sight.source(&src.join("large")), Err(Unread::TooLarge(_))));
    assert!(sight.read_to_string(&src.join("large")).is_err());
    // Sparse, so no disk is filled.
    for number in 0..SOURCES_BYTES_MAX / SOURCE_BYTES_MAX {
        let path = src.join(format!("{number}"));
        fs::File::create(&path).unwrap().set_len(SOURCE_BYTES_MAX).unwrap();
        let last = number + 1 == SOURCES_BYTES_MAX / SOURCE_BYTES_MAX;
        assert_eq!(matches!(sight.source(&path), Err(Unread::TooMuch)), last, "{number}");
    }
}
