//! The table of npm packages in `docs/reference/javascript.md`, made from what the tests hold against the engine.
use std::{collections::BTreeMap, fmt::Write, path::PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::root;

/// `js/packages/cases.json`: one program each. `crates/serviceful-engine/tests/packages.rs` runs them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub packages: Vec<String>,
    pub does: String,
    pub fails: Option<Fails>,
}

/// Why a program does not run today.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fails {
    /// For people.
    pub because: String,
    /// What its failure says; the test looks for it.
    pub saying: String,
}

#[derive(Deserialize)]
struct Manifest {
    dependencies: BTreeMap<String, String>,
}

const BEGIN: &str = "<!-- begin: made by `cargo run -p xtask -- packages` -->\n";
const END: &str = "<!-- end -->\n";

/// The page with the table, and the page as it should be.
pub fn page() -> anyhow::Result<(PathBuf, String, String)> {
    let path = root().join("docs/reference/javascript.md");
    let now = std::fs::read_to_string(&path)?;
    let (before, rest) = now.split_once(BEGIN).context("the page has lost the mark where the table begins")?;
    let (_, after) = rest.split_once(END).context("the page has lost the mark where the table ends")?;
    let wanted = format!("{before}{BEGIN}{}{END}{after}", table()?);
    Ok((path, now, wanted))
}

fn table() -> anyhow::Result<String> {
    let folder = root().join("js/packages");
    let cases: BTreeMap<String, Case> = serde_json::from_slice(&std::fs::read(folder.join("cases.json"))?)?;
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(folder.join("package.json"))?)?;
    let failing = cases.values().filter(|case| case.fails.is_some()).count();
    let mut text = format!(
        "\n{} programs with {} packages; {} run.\n\n| Package | What is tried | Runs |\n|---|---|---|\n",
        cases.len(),
        manifest.dependencies.len(),
        cases.len() - failing
    );
    for case in cases.values() {
        let names = case.packages.iter().map(|name| {
            let version = manifest.dependencies.get(name).with_context(|| format!("`{name}` is not in package.json"));
            Ok(format!("`{name}` {}", version?))
        });
        let names = names.collect::<anyhow::Result<Vec<_>>>()?.join(", ");
        let runs = case.fails.as_ref().map_or("yes".to_owned(), |fails| format!("no: {}", fails.because));
        writeln!(text, "| {names} | {} | {runs} |", case.does)?;
    }
    text.push('\n');
    Ok(text)
}
