//! `types`: what this app's functions are given, for editors. A file of the user's own, to be checked in.
use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use manifest::{Function, Manifest};
use serde_json::json;
use types::{KvAccess, SecretName};

use super::{
    desk::Desk,
    failure::{Exit, Failure},
    project::Project,
};

/// Name of the file.
const FILE: &str = "serviceful.d.ts";
/// What is the same for every app.
const COMMON: &str = include_str!("typings/common.d.ts");
/// What `@types/node` declares where it is installed.
const TESTS: &str = include_str!("typings/tests.d.ts");
/// Where it is: compilers read it only if somebody names it. It stands before everything but comments.
const NODE: &str = "/// <reference types=\"node\" />\n";

/// Arguments of `types`.
#[derive(Debug, Args)]
pub(crate) struct TypesArgs {
    /// The project's folder, or its manifest
    #[arg(default_value = ".", value_name = "FOLDER")]
    project: PathBuf,
    /// Print the declarations instead of writing the file
    #[arg(long)]
    print: bool,
}

pub(super) fn run(desk: &Desk, args: &TypesArgs) -> Result<Exit, Failure> {
    let project = Project::load(&args.project)?;
    let node = project.folder.join("node_modules/@types/node").exists();
    let text = declarations(&project.manifest, node);
    if args.print {
        desk.out.line(text.trim_end())?;
        return Ok(Exit::Done);
    }
    let file = project.folder.join(FILE);
    std::fs::write(&file, text).map_err(|e| Failure::file("write", &file, &e))?;
    if desk.out.json {
        desk.out.value(&json!({ "file": file }))?;
    } else {
        desk.out.line(&format!("wrote `{}`", file.display()))?;
    }
    Ok(Exit::Done)
}

/// The file's text. `node`: the project has the types of Node, which know `node:test` and `node:assert`.
fn declarations(manifest: &Manifest, node: bool) -> String {
    let sources: Vec<_> = manifest.functions.iter().filter(|function| function.code.is_source()).collect();
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for key in sources.iter().flat_map(|function| function.config.keys()) {
        *keys.entry(key).or_default() += 1;
    }
    let mut env = String::new();
    for (key, count) in keys {
        // A name that is not of all functions may be missing where it is looked for.
        let optional = if count < sources.len() { "?" } else { "" };
        // JSON writes a text as TypeScript reads it.
        env.push_str(&format!("    readonly {}{optional}: string;\n", json!(key)));
    }
    env.push_str(&bindings(&sources));
    let text = COMMON.replace("    // The app's configuration stands here.\n", &env);
    if node { format!("{NODE}{text}") } else { format!("{text}\n{TESTS}") }
}

/// `KV` and `SECRETS`, as far as functions are granted them.
fn bindings(sources: &[&Function]) -> String {
    let mut env = String::new();
    let optional = |count: usize| if count < sources.len() { "?" } else { "" };
    let with_kv: Vec<_> = sources.iter().map(|function| function.kv).filter(|kv| *kv != KvAccess::None).collect();
    if !with_kv.is_empty() {
        // Where some may only read, so may the type: the others are granted more than they are told.
        let kind = if with_kv.contains(&KvAccess::Read) { "KVReader" } else { "KVNamespace" };
        env.push_str("    /** The app's key-value store: `kv` in serviceful.toml. */\n");
        env.push_str(&format!("    readonly KV{}: {kind};\n", optional(with_kv.len())));
    }
    let mut secrets: BTreeMap<&SecretName, usize> = BTreeMap::new();
    for name in sources.iter().flat_map(|function| &function.secrets) {
        *secrets.entry(name).or_default() += 1;
    }
    if !secrets.is_empty() {
        let all = sources.iter().filter(|function| !function.secrets.is_empty()).count();
        env.push_str("    /** Secrets: `secrets` in serviceful.toml, set with `serviceful secrets set`. */\n");
        env.push_str(&format!("    readonly SECRETS{}: {{\n", optional(all)));
        for (name, count) in secrets {
            env.push_str(&format!("      readonly {name}{}: string;\n", optional(count)));
        }
        env.push_str("    };\n");
    }
    env
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_that_is_text_is_declared() {
        // `TEXT` of the bundler's settings.
        const BUNDLER: &str = include_str!("../../../serviceful-bundle/src/settings.rs");
        let list = BUNDLER
            .split_once("const TEXT: [&str; 6] = [")
            .and_then(|(_, rest)| rest.split_once(']'))
            .expect("there")
            .0;
        for ending in list.split(',').map(|word| word.trim().trim_matches('"')) {
            assert!(COMMON.contains(&format!("declare module \"*.{ending}\"")), "{ending}");
        }
        // `nameOf({ kind: "anonymous" })` of the example's own test is right for an editor.
        assert!(COMMON.contains("readonly kind: \"anonymous\";\n    readonly onBehalfOf?: null;"));
    }

    #[test]
    fn every_example_has_what_is_written_for_it() {
        let mut found = 0;
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples")).expect("there") {
            let folder = entry.expect("an entry").path();
            let Ok(kept) = std::fs::read_to_string(folder.join(FILE)) else { continue };
            let project = Project::load(&folder).expect("valid");
            assert_eq!(kept, declarations(&project.manifest, false), "run `serviceful types {}`", folder.display());
            found += 1;
        }
        assert!(found >= 4, "{found}");
    }

    #[test]
    fn what_only_some_functions_have_may_be_missing() {
        let text = "name = \"a\"\n[[function]]\nroute = \"/a\"\nsource = \"a.ts\"\nconfig = { BOTH = \"1\", \"a.b-c\" = \"2\" }\n[[function]]\nroute = \"/b\"\nsource = \"b.ts\"\nconfig = { BOTH = \"1\" }\n";
        let text = declarations(&Manifest::parse(text).expect("valid"), true);
        assert!(text.contains("    readonly \"BOTH\": string;\n"), "{text}");
        assert!(text.contains("    readonly \"a.b-c\"?: string;\n"), "{text}");
        assert!(text.starts_with("/// <reference types=\"node\" />\n") && !text.contains("node:test"));
    }

    #[test]
    fn what_is_granted_is_declared() {
        let text = "name = \"a\"\n[[function]]\nroute = \"/a\"\nsource = \"a.ts\"\nkv = \"rw\"\nsecrets = [\"BOTH\", \"ONE\"]\n[[function]]\nroute = \"/b\"\nsource = \"b.ts\"\nsecrets = [\"BOTH\"]\n";
        let declared = declarations(&Manifest::parse(text).expect("valid"), false);
        assert!(declared.contains("    readonly KV?: KVNamespace;\n"), "{declared}");
        let secrets = "    readonly SECRETS: {\n      readonly BOTH: string;\n      readonly ONE?: string;\n    };\n";
        assert!(declared.contains(secrets), "{declared}");
        let reads = declarations(&Manifest::parse(&text.replace("\"rw\"", "\"r\"")).expect("valid"), false);
        assert!(reads.contains("    readonly KV?: KVReader;\n"), "{reads}");
        let plain = "name = \"a\"\n[[function]]\nroute = \"/a\"\nsource = \"a.ts\"\n";
        let plain = declarations(&Manifest::parse(plain).expect("valid"), false);
        assert!(!plain.contains("readonly KV") && !plain.contains("readonly SECRETS"), "{plain}");
    }
}
