//! serviceful-bundle: turns a project's JavaScript or TypeScript into one ES module, in a process that can read the project and nothing else.
//! Guarantees: the same files give the same bytes; no file outside of the project and its `node_modules` is read; hostile source ends this process at worst, and is told as an error. (claim C1)
//! Does not: run a line of the source, fetch packages, write files, or know the platform it is for.
//! Called by: the command line (`serviceful`). Calls: jail, wire.
//! If this is wrong: whoever wrote a package reads files of the person who deploys, or runs code as them. docs/security/threats.md#bundle
#![forbid(unsafe_code)]

mod bundle;
mod diagnosis;
mod excerpt;
mod findings;
mod inside;
mod jsx;
mod nesting;
mod outside;
mod plugin;
mod roots;
mod settings;
mod sight;
mod specifier;
mod syntax;
mod types;
mod unresolved;

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
serviceful-bundle: one ES module out of a project's JavaScript or TypeScript. `serviceful deploy`, `up` and `check` call it.

Usage: serviceful-bundle <PROJECT FOLDER> <ENTRY, A PATH IN IT>

Takes    .ts .tsx .mts .js .jsx .mjs .cjs, JSON, text (.txt .html .md .sql .css, or any file `with { type: \"text\" }`), and npm
         packages from the project's `node_modules` and those of the folders above. Install packages first: `npm ci`.
Reads    the project's folder and these `node_modules`; links that lead out of them are not followed. It runs nothing of it.
Obeys    `jsx`, `paths`, decorators and class fields of tsconfig.json. Types are dropped, not checked.
Leaves   `node:*` (also by their bare names) and `serviceful:*` to the engine.

Prints one JSON document and ends with 0 or 1:

  {\"module\": \"…\", \"inputs\": [\"src/a.ts\"], \"externals\": [\"node:buffer\"], \"warnings\": […]}
  {\"errors\": [{\"file\": \"src/a.ts\", \"line\": 3, \"column\": 7, \"message\": \"…\", \"excerpt\": \"…\"}]}

The last line of the module is its source map (version 3, without the sources themselves).

Example: serviceful-bundle . src/index.ts
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|each| each.to_string_lossy().into_owned()).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--help" | "-h" | "help"] => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        ["--version" | "-V"] => {
            println!("serviceful-bundle {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        [outside::INSIDE, project, entry] => inside::run(Path::new(project), entry),
        [project, entry] if !project.starts_with('-') => outside::run(project, entry),
        _ => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}
