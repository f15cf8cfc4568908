//! Which files of a project hold tests.
use std::path::Path;

use manifest::FUNCTIONS_MAX;

use crate::cli::failure::Failure;

const ENDINGS: [&str; 8] = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"];
/// How deep folders are looked into.
const DEPTH_MAX: usize = 16;

/// Files named `*.test.ts` and the like below the folder, relative to it, in the order of their names. What is installed or
/// hidden is not looked at.
pub(super) fn find(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    look(folder, "", 0, &mut found)?;
    found.sort();
    if found.len() > FUNCTIONS_MAX {
        return Err(Failure::new(format!("there are {} files of tests; at most {FUNCTIONS_MAX} are run", found.len())));
    }
    Ok(found)
}

fn look(folder: &Path, before: &str, depth: usize, found: &mut Vec<String>) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::file("read", folder, &e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        // A name that is no text cannot be imported either.
        let Some(name) = name.to_str() else { continue };
        let kind = entry.file_type().map_err(failed)?;
        let path = format!("{before}{name}");
        if kind.is_dir() && depth < DEPTH_MAX && !name.starts_with('.') && name != "node_modules" {
            look(&entry.path(), &format!("{path}/"), depth + 1, found)?;
        } else if kind.is_file() && is_test(name) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_test(name: &str) -> bool {
    let ending = name.rsplit_once(".test.").map(|(_, ending)| ending);
    ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_found_by_their_names() {
        let top = tempfile::tempdir().expect("a folder");
        for path in
            ["b.test.ts", "src/a.test.js", "src/a.js", "node_modules/x/x.test.js", ".hidden/y.test.js", "test.ts"]
        {
            let file = top.path().join(path);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            std::fs::write(file, "").expect("written");
        }
        assert_eq!(find(top.path()).expect("readable"), ["b.test.ts", "src/a.test.js"]);
    }
}
