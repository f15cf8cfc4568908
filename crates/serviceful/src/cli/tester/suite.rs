//! The tests of a project as an app: one function a file.
use std::collections::{BTreeMap, BTreeSet};

use manifest::Manifest;
use serde::Serialize;
use types::{KvAccess, SecretName};

use crate::cli::{failure::Failure, project::Project};

/// Where a run keeps what it makes, in the project's folder.
pub(super) const FOLDER: &str = ".serviceful/test";

#[derive(Serialize)]
struct App<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<toml::Value>,
    function: Vec<Function<'a>>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: String,
    route: String,
    source: String,
    config: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    secrets: &'a BTreeSet<SecretName>,
    #[serde(skip_serializing_if = "str::is_empty")]
    kv: &'a str,
}

/// Path at which the tests of the file with this number answer.
pub(super) fn route(at: usize) -> String {
    format!("/t{at}")
}

/// Writes what imports the tests of these files, and gives the app. It has the limits of the project's app, and all
/// that its functions are given.
pub(super) fn make(project: &Project, files: &[String]) -> Result<Project, Failure> {
    let folder = project.folder.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|e| Failure::file("make", &folder, &e))?;
    let mut config = BTreeMap::new();
    let (mut secrets, mut kv) = (BTreeSet::new(), KvAccess::None);
    for function in &project.manifest.functions {
        config.extend(function.config.clone());
        secrets.extend(function.secrets.iter().cloned());
        // A test prepares what a function only reads.
        if function.kv != KvAccess::None {
            kv = KvAccess::ReadWrite;
        }
    }
    let mut functions = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let entry = folder.join(format!("t{at}.js"));
        // JSON writes a text as JavaScript reads it.
        let import = serde_json::json!(format!("../../{file}"));
        let text = format!("import {import};\nexport {{ run as default }} from \"node:test\";\n");
        std::fs::write(&entry, text).map_err(|e| Failure::file("write", &entry, &e))?;
        functions.push(Function {
            name: format!("t{at}"),
            route: format!("GET {}", route(at)),
            source: format!("{FOLDER}/t{at}.js"),
            config: &config,
            secrets: &secrets,
            kv: kv.as_str(),
        });
    }
    let written = |e: &dyn std::fmt::Display| Failure::new(format!("the tests cannot be made an app: {e}"));
    let table: toml::Table = toml::from_str(&project.text).map_err(|e| written(&e))?;
    let app = App { name: project.manifest.name.as_str(), limits: table.get("limits").cloned(), function: functions };
    let text = toml::to_string(&app).map_err(|e| written(&e))?;
    let manifest = Manifest::parse(&text)
        .map_err(|errors| written(&errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    Ok(Project { folder: project.folder.clone(), text, manifest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_get_the_apps_limits_and_configuration() {
        let top = tempfile::tempdir().expect("a folder");
        let text = "name = \"tea\"\n[limits]\ncpu_ms = 50\n[[function]]\nroute = \"/\"\nsource = \"a.js\"\nconfig = { K = \"v\" }\nkv = \"r\"\nsecrets = [\"KEY\"]\n";
        std::fs::write(top.path().join("serviceful.toml"), text).expect("written");
        let project = Project::load(top.path()).expect("valid");
        let suite = make(&project, &["a.test.js".into(), "it's \"odd\".test.ts".into()]).expect("made");
        assert_eq!(suite.manifest.functions.len(), 2);
        assert!(suite.text.contains("cpu_ms = 50"), "{}", suite.text);
        assert_eq!(suite.manifest.functions[1].config["K"], "v");
        assert_eq!(suite.manifest.functions[1].kv, KvAccess::ReadWrite);
        assert_eq!(suite.manifest.functions[1].secrets, project.manifest.functions[0].secrets);
        assert_eq!(suite.manifest.functions[0].access, types::Access::Members);
        let entry = std::fs::read_to_string(top.path().join(FOLDER).join("t1.js")).expect("there");
        assert!(entry.starts_with("import \"../../it's \\\"odd\\\".test.ts\";\n"), "{entry}");
    }
}
