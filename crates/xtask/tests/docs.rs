//! What the documents name is there: files, links, and the paragraphs that the code points to.
#![expect(clippy::unwrap_used, reason = "tests")]
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// All files and folders of the repository.
fn tree() -> BTreeSet<PathBuf> {
    xtask::tree().unwrap()
}

/// The documents, each with its path from the root.
fn documents(tree: &BTreeSet<PathBuf>) -> Vec<(PathBuf, String)> {
    let ours = |path: &&PathBuf| {
        path.extension().is_some_and(|e| e == "md") && !path.starts_with("guests") && !path.starts_with("js")
    };
    tree.iter().filter(ours).map(|path| (path.clone(), fs::read_to_string(xtask::root().join(path)).unwrap())).collect()
}

/// Words in backticks of one line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The crate that a path begins with, and what follows it.
fn in_crate<'w>(tree: &BTreeSet<PathBuf>, word: &'w str) -> Option<(&'w str, &'w str)> {
    let (name, rest) = word.strip_prefix("crates/").unwrap_or(word).split_once('/')?;
    tree.contains(&Path::new("crates").join(name)).then_some((name, rest))
}

/// Whether a word in backticks means a file of the repository. Files of users and of the data folder do not.
fn is_path(tree: &BTreeSet<PathBuf>, word: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/".contains(&b);
    let top = ["crates", "docs", "policies", "packaging", "scripts", "migrations", "guests", "examples", "wit", "fuzz"];
    let begins = word.split_once('/').is_some_and(|(first, _)| top.contains(&first));
    word.bytes().all(plain)
        && !word.starts_with('/')
        && (begins || word.ends_with(".rs") || word.ends_with(".cedar") || in_crate(tree, word).is_some())
}

/// Whether it is there: as it is, in its crate, or below the crate that was named before it, wherever that is clear.
fn is_there(tree: &BTreeSet<PathBuf>, word: &str, before: &mut Option<String>, folder: &Path) -> bool {
    let word = word.trim_end_matches('/');
    if let Some((name, rest)) = in_crate(tree, word) {
        *before = Some(name.to_owned());
        let base = Path::new("crates").join(name);
        return rest.is_empty() || [base.join(rest), base.join("src").join(rest)].iter().any(|p| tree.contains(p));
    }
    if tree.contains(Path::new(word)) || tree.contains(&folder.join(word)) {
        return true;
    }
    let scope = before.as_ref().map_or_else(|| PathBuf::from("crates"), |name| Path::new("crates").join(name));
    let near = tree.range(scope.clone()..).take_while(|path| path.starts_with(&scope)).any(|path| path.ends_with(word));
    // A document inside a crate speaks of that crate.
    near || tree.iter().any(|path| path.starts_with(folder) && folder.starts_with("crates") && path.ends_with(word))
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let tree = tree();
    let (mut missing, mut seen) = (Vec::new(), 0);
    for (document, text) in documents(&tree) {
        let folder = document.parent().unwrap();
        for line in text.lines() {
            let mut before = None;
            for word in quoted(line).filter(|word| is_path(&tree, word)) {
                seen += 1;
                if !is_there(&tree, word, &mut before, folder) {
                    missing.push(format!("{}: `{word}`", document.display()));
                }
            }
        }
    }
    assert!(seen > 100, "the search finds what is there: {seen}");
    assert!(
        missing.is_empty(),
        "If you are here because you moved or removed a file: say so where it is named\n{}",
        missing.join("\n")
    );
}

/// The anchors of a document: its headings in lower case, with `-` for spaces.
fn anchors(text: &str) -> BTreeSet<String> {
    let kept = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == ' ';
    let anchor = |line: &str| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        words.chars().filter(|c| kept(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let tree = tree();
    let (mut broken, mut seen) = (Vec::new(), 0);
    for (document, text) in documents(&tree) {
        let folder = xtask::root().join(document.parent().unwrap());
        for target in text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)) {
            if target.contains("://") || target.contains(' ') {
                continue;
            }
            seen += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { xtask::root().join(&document) } else { folder.join(path) };
            let found = file.exists()
                && (anchor.is_empty() || anchors(&fs::read_to_string(&file).unwrap_or_default()).contains(anchor));
            if !found {
                broken.push(format!("{}: {target}", document.display()));
            }
        }
    }
    assert!(seen > 50 && broken.is_empty(), "{seen} links, of these broken:\n{}", broken.join("\n"));
}

#[test]
fn every_threat_that_a_header_points_to_is_written_down() {
    let known = anchors(&fs::read_to_string(xtask::root().join("docs/security/threats.md")).unwrap());
    let mut seen = 0;
    for path in tree().iter().filter(|path| path.extension().is_some_and(|e| e == "rs")) {
        let text = fs::read_to_string(xtask::root().join(path)).unwrap();
        let headers = text.lines().take(8).filter(|line| line.starts_with("//!"));
        for (_, anchor) in headers.filter_map(|line| line.split_once("docs/security/threats.md#")) {
            seen += 1;
            assert!(known.contains(anchor.trim()), "{}: threats.md has no heading `{anchor}`", path.display());
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn every_test_that_a_security_paper_names_is_there() {
    let tree = tree();
    let source: String = tree
        .iter()
        .filter(|path| path.starts_with("crates") && path.extension().is_some_and(|e| e == "rs"))
        .map(|path| fs::read_to_string(xtask::root().join(path)).unwrap())
        .collect();
    // Names of tests are sentences.
    let is_test = |word: &&str| {
        word.matches('_').count() >= 2
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let (mut missing, mut seen) = (Vec::new(), 0);
    for (document, text) in documents(&tree).into_iter().filter(|(path, _)| path.starts_with("docs/security")) {
        for word in text.lines().flat_map(quoted).filter(is_test) {
            seen += 1;
            if !source.contains(&format!("fn {word}(")) {
                missing.push(format!("{}: `{word}`", document.display()));
            }
        }
    }
    assert!(seen > 300, "the search finds what is there: {seen}");
    assert!(
        missing.is_empty(),
        "If you are here because you renamed or removed a test: so do the papers that point to it\n{}",
        missing.join("\n")
    );
}

#[test]
fn every_probe_has_its_fuzz_target() {
    let tree = tree();
    let targets: String = tree
        .iter()
        .filter(|path| path.starts_with("fuzz/fuzz_targets") && path.extension().is_some())
        .map(|path| fs::read_to_string(xtask::root().join(path)).unwrap())
        .collect();
    let mut seen = 0;
    for path in tree.iter().filter(|path| path.ends_with("src/probe.rs")) {
        let name = path.iter().nth(1).unwrap().to_str().unwrap().replace('-', "_");
        let text = fs::read_to_string(xtask::root().join(path)).unwrap();
        for probe in text.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split_once('(')) {
            seen += 1;
            let call = format!("{name}::probe::{}(", probe.0);
            assert!(
                targets.contains(&call),
                "If you are here because you added a probe: give `{call}bytes)` a file in fuzz/fuzz_targets"
            );
        }
    }
    assert!(seen >= 10, "{seen}");
}
