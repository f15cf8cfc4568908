//! The architecture, checked.
#![expect(clippy::unwrap_used, reason = "tests")]
use std::{collections::BTreeSet, path::Path};

use cargo_metadata::{DependencyKind, Metadata, Package};

fn ours(metadata: &Metadata) -> Vec<&Package> {
    metadata.workspace_packages()
}

fn normal(package: &Package) -> impl Iterator<Item = &str> {
    package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development).map(|d| d.name.as_str())
}

#[test]
fn imports_follow_the_table() {
    let (house, metadata) = (xtask::house().unwrap(), xtask::metadata().unwrap());
    let names: BTreeSet<&str> = ours(&metadata).iter().map(|p| p.name.as_str()).collect();
    for package in ours(&metadata) {
        let Some(allowed) = house.imports.get(package.name.as_str()) else {
            panic!(
                "If you are here because you added crate `{}`: give it a row in crates/xtask/house.toml and say why in docs/decisions/",
                package.name
            );
        };
        for name in normal(package).filter(|name| names.contains(name)) {
            assert!(
                allowed.iter().any(|a| a == name),
                "If you are here because `{}` now imports `{name}`: that edge is not in crates/xtask/house.toml",
                package.name
            );
        }
    }
}

#[test]
fn no_room_imports_a_room() {
    let (house, metadata) = (xtask::house().unwrap(), xtask::metadata().unwrap());
    for package in ours(&metadata).into_iter().filter(|p| house.rooms.names.iter().any(|n| *n == p.name.as_str())) {
        for name in normal(package) {
            assert!(!house.rooms.names.iter().any(|n| n == name), "room `{}` imports room `{name}`", package.name);
        }
    }
}

#[test]
fn fenced_crates_stay_behind_their_fence() {
    let (house, metadata) = (xtask::house().unwrap(), xtask::metadata().unwrap());
    for package in ours(&metadata) {
        for name in normal(package) {
            if let Some(inside) = house.fences.get(name) {
                assert!(
                    inside.iter().any(|i| *i == package.name.as_str()),
                    "If you are here because `{}` now imports `{name}`: only {inside:?} may",
                    package.name
                );
            }
        }
    }
}

/// Names of all crates that are linked into `root`.
fn reached<'a>(metadata: &'a Metadata, root: &str) -> Vec<&'a str> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let id = ours(metadata).iter().find(|p| p.name.as_str() == root).unwrap().id.clone();
    let (mut seen, mut todo) = (BTreeSet::new(), vec![id]);
    while let Some(next) = todo.pop() {
        if seen.insert(next.clone()) {
            let node = resolve.nodes.iter().find(|n| n.id == next).unwrap();
            let kinds = |d: &cargo_metadata::NodeDep| d.dep_kinds.iter().any(|k| k.kind != DependencyKind::Development);
            todo.extend(node.deps.iter().filter(|d| kinds(d)).map(|d| d.pkg.clone()));
        }
    }
    metadata.packages.iter().filter(|p| seen.contains(&p.id)).map(|p| p.name.as_str()).collect()
}

#[test]
fn the_platform_executable_holds_no_engine() {
    let metadata = xtask::metadata().unwrap();
    let names = reached(&metadata, "serviceful");
    for engine in ["wasmtime", "cranelift-codegen", "wasmparser"] {
        assert!(!names.contains(&engine), "`serviceful` reaches `{engine}`");
    }
    assert!(names.contains(&"hyper"), "the walk over the graph finds what is there");
}

#[test]
fn parsers_of_source_are_in_the_bundler_alone() {
    let metadata = xtask::metadata().unwrap();
    for executable in ["serviceful", "serviceful-engine"] {
        for parser in ["rolldown", "oxc_parser", "oxc_resolver"] {
            assert!(!reached(&metadata, executable).contains(&parser), "`{executable}` reaches `{parser}`");
        }
    }
    let bundler = reached(&metadata, "serviceful-bundle");
    assert!(bundler.contains(&"oxc_parser"), "the walk over the graph finds what is there");
    for foreign in ["wasmtime", "hyper", "rustls", "rusqlite", "aws-lc-sys"] {
        assert!(!bundler.contains(&foreign), "`serviceful-bundle` reaches `{foreign}`");
    }
}

#[test]
fn one_release_of_the_bundler() {
    // Its crates ask for each other by caret and do not keep to it: mixed releases do not compile, or worse, do.
    let metadata = xtask::metadata().unwrap();
    let of = |name: &str| -> Vec<String> {
        metadata.packages.iter().filter(|p| p.name.as_str() == name).map(|p| p.version.to_string()).collect()
    };
    let bundler = of("rolldown");
    assert_eq!(bundler.len(), 1, "{bundler:?}");
    for package in metadata.packages.iter().filter(|p| p.name.starts_with("rolldown_")) {
        assert_eq!(
            package.version.to_string(),
            bundler[0],
            "If you are here because of `cargo update`: `cargo update -p {} --precise {}`",
            package.name,
            bundler[0]
        );
    }
    assert_eq!(of("oxc_parser").len(), 1, "two releases of oxc");
}

fn rust_files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn unsafe_code_stands_in_one_file() {
    let (house, metadata) = (xtask::house().unwrap(), xtask::metadata().unwrap());
    for package in ours(&metadata) {
        let folder = package.manifest_path.parent().unwrap().join("src");
        let root = ["lib.rs", "main.rs"].iter().map(|f| folder.join(f)).find(|p| p.exists()).unwrap();
        let text = std::fs::read_to_string(&root).unwrap();
        let excepted = house.forbids_unsafe.except.iter().any(|e| *e == package.name.as_str());
        assert!(excepted || text.contains("#![forbid(unsafe_code)]"), "{root} lacks #![forbid(unsafe_code)]");
        let mut files = Vec::new();
        rust_files(folder.as_std_path(), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let holds = text
                .lines()
                .any(|line| line.contains("unsafe {") || line.contains("unsafe fn") || line.contains("unsafe impl"));
            let allowed = file.ends_with(&house.forbids_unsafe.file) || package.name.as_str() == "engine-drill";
            assert!(!holds || allowed, "`unsafe` in {}", file.display());
        }
    }
}

#[test]
fn every_crate_takes_the_workspace_lints_and_has_its_furniture() {
    let metadata = xtask::metadata().unwrap();
    for package in ours(&metadata) {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} lacks [lints] workspace = true", package.name);
        let folder = package.manifest_path.parent().unwrap();
        if let Ok(text) = std::fs::read_to_string(folder.join("src/lib.rs")) {
            let wanted = ["//! ", "//! Guarantees:", "//! Does not:", "//! Called by:", "//! If this is wrong:"];
            for (line, start) in text.lines().zip(wanted) {
                assert!(
                    line.starts_with(start),
                    "{}: the header's line should start with `{start}`: {line}",
                    package.name
                );
            }
        }
    }
}

#[test]
fn licences_are_allowed() {
    let (house, metadata) = (xtask::house().unwrap(), xtask::metadata().unwrap());
    for package in &metadata.packages {
        let Some(licence) = &package.license else { panic!("{} names no licence", package.name) };
        let one = |text: &str| house.licences.allowed.iter().any(|a| a == text.trim().trim_matches(['(', ')']));
        let fits = licence.split(" AND ").all(|all| all.replace('/', " OR ").split(" OR ").any(one));
        assert!(
            fits,
            "If you are here because of a new dependency: the licence `{licence}` of `{}` is not in crates/xtask/house.toml",
            package.name
        );
    }
}

#[test]
fn policy_types_hold_no_network_address() {
    // Claim C7: what policy can see cannot say where a request came from.
    for file in ["crates/types/src", "crates/policy/src", "crates/gateway/src"] {
        let mut files = Vec::new();
        rust_files(&xtask::root().join(file), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for word in ["IpAddr", "SocketAddr", "Ipv4Addr", "Ipv6Addr", "std::net"] {
                assert!(
                    !text.contains(word),
                    "`{word}` in {}: no type that policy sees may hold an address",
                    file.display()
                );
            }
        }
    }
}

/// Reasons and notes of the audit log, answers and logs are for people, and stay what they are when code is renamed: no text that the
/// platform writes is made by `Debug`.
#[test]
fn no_text_of_the_platform_holds_names_of_rust() {
    const ROOMS: [&str; 13] = [
        "audit",
        "control",
        "front-door",
        "gateway",
        "identity",
        "keeper",
        "mailer",
        "policy",
        "runtime",
        "serviceful",
        "sign-in",
        "store",
        "store-sqlite",
    ];
    let (mut files, mut found) = (Vec::new(), Vec::new());
    ROOMS.iter().for_each(|room| rust_files(&xtask::root().join("crates").join(room).join("src"), &mut files));
    for file in &files {
        let is_test = file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs");
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate().filter(|_| !is_test) {
            // Of whoever develops the platform, not of whoever runs it.
            let panics = ["assert", "panic!", "unreachable!"].iter().any(|word| line.contains(word));
            if (line.contains(":?}") || line.contains(":#?}")) && !panics {
                found.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(files.len() > 200, "the search finds what is there: {}", files.len());
    assert!(
        found.is_empty(),
        "If you are here because you wrote `{{:?}}`: give the type words of its own, and where the audit log holds them, list them in docs/reference/audit-log.md\n{}",
        found.join("\n")
    );
}

#[test]
fn every_error_code_has_its_page() {
    for code in types::Code::ALL {
        let page = xtask::root().join(format!("docs/errors/{}.md", code.as_str()));
        assert!(page.exists(), "If you are here because you added {}: write {}", code.as_str(), page.display());
    }
}

#[test]
fn the_table_of_packages_is_current() {
    let (path, now, wanted) = xtask::packages::page().unwrap();
    assert!(now == wanted, "{}: write it again with `cargo run -p xtask -- packages`", path.display());
}

#[test]
fn every_package_is_tried_and_every_program_is_listed() {
    let folder = xtask::root().join("js/packages");
    let cases: std::collections::BTreeMap<String, xtask::packages::Case> =
        serde_json::from_slice(&std::fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let files = std::fs::read_dir(folder.join("cases")).unwrap();
    let files: BTreeSet<String> =
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(files, cases.keys().cloned().collect());
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("package.json")).unwrap()).unwrap();
    let installed: BTreeSet<&str> = manifest["dependencies"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(cases.values().flat_map(|case| &case.packages).map(String::as_str).collect::<BTreeSet<_>>(), installed);
}
