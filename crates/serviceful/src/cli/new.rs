//! `new`: a project to start from. It is one of the examples under another name, so there is one source to keep right.
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
    /// A function in JavaScript
    #[default]
    Js,
    /// A function in TypeScript, with types for the editor
    Ts,
    /// A JSON interface with hono and zod from npm
    Hono,
    /// A page with its style sheet
    Static,
    /// A function in Rust, compiled for wasm32-wasip2
    Rust,
}

/// One file of a template.
struct File {
    path: &'static str,
    text: &'static str,
}

/// `files!("example": "a", "b")`: those files of the example.
macro_rules! files {
    ($example:literal: $($file:literal),+) => {
        &[$(File {
            path: $file,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/", $example, "/", $file)),
        }),+]
    };
}

impl Template {
    /// The example that it is, and its files.
    const fn example(self) -> (&'static str, &'static [File]) {
        match self {
            Self::Js => ("hello-js", files!("hello-js": "serviceful.toml", "hello.js", "hello.test.js", "README.md")),
            Self::Ts => (
                "hello-ts",
                files!("hello-ts": "serviceful.toml", "app.cedar", "src/hello.ts", "src/name.ts", "src/hello.test.ts", "serviceful.d.ts", "tsconfig.json", "README.md"),
            ),
            Self::Hono => (
                "orders",
                files!("orders": "serviceful.toml", "package.json", "package-lock.json", "src/api.ts", "serviceful.d.ts", "tsconfig.json", "README.md"),
            ),
            Self::Static => (
                "page",
                files!("page": "serviceful.toml", "page.js", "page.html", "style.css", "menu.json", "README.md"),
            ),
            Self::Rust => (
                "hello",
                files!("hello": "Cargo.toml", "Cargo.lock", "serviceful.toml", "app.cedar", "README.md", "src/lib.rs", "wit/identity.wit"),
            ),
        }
    }

    const fn ignored(self) -> &'static str {
        match self {
            Self::Rust => "/target\n/.serviceful\n",
            _ => "/node_modules\n/.serviceful\n",
        }
    }

    /// What has to be done before it can be deployed.
    const fn first(self) -> &'static str {
        if matches!(self, Self::Hono) { "npm install && " } else { "" }
    }
}

/// The file under the new name. Only whole words that name the project change.
fn renamed(example: &str, file: &File, name: &AppName) -> String {
    let text = match file.path {
        "README.md" => file.text.replacen(&format!("# {example}"), &format!("# {name}"), 1),
        "package.json" | "package-lock.json" => {
            file.text.replace(&format!("\"name\": \"{example}\""), &format!("\"name\": \"{name}\""))
        }
        "serviceful.toml" | "Cargo.toml" | "Cargo.lock" => {
            // The first is the project's; a function may be called the same.
            file.text.replacen(&format!("name = \"{example}\""), &format!("name = \"{name}\""), 1)
        }
        _ => file.text.to_owned(),
    };
    // What cargo calls the component.
    text.replace(&format!("/{example}.wasm"), &format!("/{}.wasm", name.as_str().replace('-', "_")))
}

pub(super) fn run(desk: &Desk, args: &NewArgs) -> Result<Exit, Failure> {
    let name = AppName::parse(&args.name).map_err(|e| Failure::usage(e.to_string()))?;
    let folder = args.folder.clone().unwrap_or_else(|| desk.folder.join(name.as_str()));
    let files = make(&folder, &name, args.template)?;
    let shown = folder.strip_prefix(&desk.folder).unwrap_or(&folder);
    let next = format!("cd {} && {}serviceful deploy", shown.display(), args.template.first());
    if desk.out.json {
        desk.out.value(&json!({ "app": name, "folder": folder, "files": files }))?;
        return Ok(Exit::Done);
    }
    desk.out.line(&format!("made `{}`", shown.display()))?;
    desk.out.line(&format!("next: {next}"))?;
    Ok(Exit::Done)
}

/// Writes the files, and gives their paths.
fn make(folder: &Path, name: &AppName, template: Template) -> Result<Vec<&'static str>, Failure> {
    let occupied = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || folder.is_file() {
        return Err(Failure::new(format!("`{}` is there already and not empty", folder.display()))
            .next("choose another name, or another `--folder`"));
    }
    let (example, files) = template.example();
    let ignored = (".gitignore", template.ignored().to_owned());
    let all = files.iter().map(|file| (file.path, renamed(example, file, name))).chain([ignored]);
    let mut made = Vec::new();
    for (path, text) in all {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|e| Failure::file("make", parent, &e))?;
        fs::write(&file, text).map_err(|e| Failure::file("write", &file, &e))?;
        made.push(path);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Project;

    #[test]
    fn a_new_project_is_valid_and_bears_its_name_everywhere() {
        for template in Template::value_variants() {
            let top = tempfile::tempdir().expect("a folder");
            let folder = top.path().join("tea-shop");
            let made = make(&folder, &AppName::parse("tea-shop").expect("a name"), *template).expect("made");
            let project = Project::load(&folder).expect("valid");
            assert_eq!(project.manifest.name.as_str(), "tea-shop");
            let code = &project.manifest.functions[0].code;
            if *template == Template::Rust {
                assert!(code.path().ends_with("/tea_shop.wasm"));
            } else {
                assert!(folder.join(code.path()).is_file(), "{template:?}");
            }
            if *template != Template::Static {
                assert_eq!(project.manifest.functions[0].access, types::Access::Members, "locked until opened");
            }
            let (example, _) = template.example();
            for file in made.into_iter().filter(|file| *file != ".gitignore" && !file.contains('/')) {
                let text = fs::read_to_string(folder.join(file)).expect("there");
                assert!(!text.contains(&format!("# {example}\n")), "{template:?}: {file}");
                if ["serviceful.toml", "Cargo.toml", "Cargo.lock", "package.json", "README.md"].contains(&file) {
                    assert!(text.contains("tea-shop"), "{template:?}: {file}");
                }
            }
            assert!(fs::read_to_string(folder.join(".gitignore")).expect("there").contains(".serviceful"));
        }
    }

    #[test]
    fn nothing_is_written_over() {
        let top = tempfile::tempdir().expect("a folder");
        fs::write(top.path().join("mine"), "").expect("a file");
        assert!(make(top.path(), &AppName::parse("tea").expect("a name"), Template::Js).is_err());
        assert_eq!(fs::read_dir(top.path()).expect("listed").count(), 1);
    }
}
