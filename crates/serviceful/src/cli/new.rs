//! `new`: a project to start from. It is the example `hello` under another name, so there is one source to keep right.
use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde_json::json;
use types::AppName;

use super::{
    desk::Desk,
    failure::{Exit, Failure},
};

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The app's name: a-z, 0-9 and inner `-`; it becomes part of its address
    name: String,
    /// What to start from
    #[arg(long, value_enum, default_value_t)]
    template: Template,
    /// Where to put it [default: a new folder of that name]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// What to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Template {
    /// A function in Rust, compiled for wasm32-wasip2
    #[default]
    Rust,
}

macro_rules! example {
    ($file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/hello/", $file))
    };
}

/// Path -> text. In those marked `true` the app's name is put in.
const RUST: [(&str, &str, bool); 7] = [
    ("Cargo.toml", example!("Cargo.toml"), true),
    ("Cargo.lock", example!("Cargo.lock"), true),
    ("serviceful.toml", example!("serviceful.toml"), true),
    ("README.md", example!("README.md"), true),
    ("src/lib.rs", example!("src/lib.rs"), false),
    ("wit/identity.wit", example!("wit/identity.wit"), false),
    (".gitignore", "/target\n/.serviceful\n", false),
];

/// The file under the new name. Only whole words that name the project change.
fn renamed(path: &str, text: &str, name: &AppName) -> String {
    let crate_file = name.as_str().replace('-', "_");
    let text = text.replace("name = \"hello\"", &format!("name = \"{name}\""));
    let text = text.replace("/hello.wasm", &format!("/{crate_file}.wasm"));
    if path == "README.md" { text.replacen("# hello", &format!("# {name}"), 1) } else { text }
}

pub(super) fn run(desk: &Desk, args: &NewArgs) -> Result<Exit, Failure> {
    let name = AppName::parse(&args.name).map_err(|e| Failure::usage(e.to_string()))?;
    let folder = args.folder.clone().unwrap_or_else(|| desk.folder.join(name.as_str()));
    let Template::Rust = args.template;
    make(&folder, &name)?;
    let shown = folder.strip_prefix(&desk.folder).unwrap_or(&folder);
    let next = format!("cd {} && serviceful deploy", shown.display());
    if desk.out.json {
        desk.out.value(&json!({ "app": name, "folder": folder, "files": RUST.map(|(path, ..)| path) }))?;
        return Ok(Exit::Done);
    }
    desk.out.line(&format!("made `{}`", shown.display()))?;
    desk.out.line(&format!("next: {next}"))?;
    Ok(Exit::Done)
}

fn make(folder: &Path, name: &AppName) -> Result<(), Failure> {
    let occupied = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || folder.is_file() {
        return Err(Failure::new(format!("`{}` is there already and not empty", folder.display()))
            .next("choose another name, or another `--folder`"));
    }
    for (path, text, named) in RUST {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| Failure::file("make", parent, &e))?;
        let text = if named { renamed(path, text, name) } else { text.to_owned() };
        fs::write(&file, text).map_err(|e| Failure::file("write", &file, &e))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Project;

    #[test]
    fn a_new_project_is_valid_and_bears_its_name_everywhere() {
        let top = tempfile::tempdir().expect("a folder");
        let folder = top.path().join("tea-shop");
        make(&folder, &AppName::parse("tea-shop").expect("a name")).expect("made");
        let project = Project::load(&folder).expect("valid");
        assert_eq!(project.manifest.name.as_str(), "tea-shop");
        assert!(project.manifest.functions[0].component.ends_with("/tea_shop.wasm"));
        assert_eq!(project.manifest.functions[0].access, types::Access::Members, "locked until opened");
        for file in ["Cargo.toml", "Cargo.lock", "serviceful.toml", "README.md"] {
            let text = fs::read_to_string(folder.join(file)).expect("there");
            assert!(!text.contains("\"hello\"") && !text.contains("hello.wasm"), "{file}");
            assert!(text.contains("tea-shop"), "{file}");
        }
        assert!(fs::read_to_string(folder.join(".gitignore")).expect("there").contains(".serviceful"));
    }

    #[test]
    fn nothing_is_written_over() {
        let top = tempfile::tempdir().expect("a folder");
        fs::write(top.path().join("mine"), "").expect("a file");
        assert!(make(top.path(), &AppName::parse("tea").expect("a name")).is_err());
        assert_eq!(fs::read_dir(top.path()).expect("listed").count(), 1);
    }
}
