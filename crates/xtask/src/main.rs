//! `cargo xtask`: sizes of files beside those of code bases we look up to; the table of npm packages.
use std::path::Path;

fn lines(folder: &Path, found: &mut Vec<(usize, String)>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            lines(&path, found)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            let count = std::fs::read_to_string(&path)?.lines().count();
            found.push((count, path.display().to_string()));
        }
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("sizes") => {
            let mut found = Vec::new();
            for entry in std::fs::read_dir(xtask::root().join("crates"))? {
                lines(&entry?.path().join("src"), &mut found).ok();
            }
            found.sort();
            let at = |share: usize| found.get(found.len() * share / 100).map_or(0, |(count, _)| *count);
            println!(
                "files {}, half under {} lines (aim 80-120), nine of ten under {} (aim 250-520)",
                found.len(),
                at(50),
                at(90)
            );
            for (count, path) in found.iter().rev().take(5) {
                println!("{count:6} {path}");
            }
            Ok(())
        }
        Some("packages") => {
            let (path, _, wanted) = xtask::packages::page()?;
            std::fs::write(path, wanted)?;
            Ok(())
        }
        _ => anyhow::bail!("usage: cargo xtask sizes|packages"),
    }
}
