//! xtask: the rules of the house as data, and the tools that check them.
//! Guarantees: an edge, a fence or a licence that is not in `house.toml` fails the tests.
//! Does not: run in the product.
//! Called by: `make check`, `make test`. Calls: cargo.
//! If this is wrong: the walls between crates rot unseen. docs/security/threats.md#xtask
#![forbid(unsafe_code)]

pub mod packages;
pub mod secrets;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::Deserialize;

/// `house.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct House {
    pub imports: BTreeMap<String, Vec<String>>,
    pub rooms: Rooms,
    pub fences: BTreeMap<String, Vec<String>>,
    pub forbids_unsafe: ForbidsUnsafe,
    pub secrets: Secrets,
    pub licences: Licences,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rooms {
    pub names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForbidsUnsafe {
    pub except: Vec<String>,
    pub file: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    pub types: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licences {
    pub allowed: Vec<String>,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reads the rules.
pub fn house() -> anyhow::Result<House> {
    let path = root().join("crates/xtask/house.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(toml::from_str(&text)?)
}

/// What cargo knows of the workspace, dependencies included.
pub fn metadata() -> anyhow::Result<cargo_metadata::Metadata> {
    Ok(cargo_metadata::MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()?)
}

/// All files and folders of the repository, by their path from its root, without what is built or fetched.
pub fn tree() -> anyhow::Result<BTreeSet<PathBuf>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeSet<PathBuf>) -> anyhow::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            if ["target", "node_modules", ".git", ".serviceful", ".tools"].iter().any(|skip| name == *skip) {
                continue;
            }
            found.insert(path.strip_prefix(root)?.to_owned());
            if path.is_dir() {
                walk(root, &path, found)?;
            }
        }
        Ok(())
    }
    let (root, mut found) = (root(), BTreeSet::new());
    walk(&root, &root, &mut found)?;
    Ok(found)
}
