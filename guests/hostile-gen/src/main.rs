//! hostile-gen: writes the modules and components that no compiler would make.
//! Guarantees: the same bytes on every run; everything it writes is made here, nothing is stored.
//! Does not: run any of it.
//! Called by: scripts/build-guests.sh. Calls: nothing.
//! If this is wrong: the platform's limits are tested with weaker attacks than believed.
#![forbid(unsafe_code)]

mod bombs;
mod component;
mod imports;
mod shapes;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use wasmparser::Validator;

const USAGE: &str = "usage: hostile-gen write OUT_DIR | hostile-gen imports FILE...";

/// The run-time attacks that are written by hand, by name.
const BY_HAND: [(&str, &str); 9] = [
    ("memory-fill", include_str!("../../hostile-wat/memory-fill.wat")),
    ("memory-grow", include_str!("../../hostile-wat/memory-grow.wat")),
    ("recurse", include_str!("../../hostile-wat/recurse.wat")),
    ("spin", include_str!("../../hostile-wat/spin.wat")),
    ("start-memory", include_str!("../../hostile-wat/start-memory.wat")),
    ("start-spin", include_str!("../../hostile-wat/start-spin.wat")),
    ("start-trap", include_str!("../../hostile-wat/start-trap.wat")),
    ("table-grow", include_str!("../../hostile-wat/table-grow.wat")),
    ("table-grow-at-once", include_str!("../../hostile-wat/table-grow-at-once.wat")),
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first().map(|(verb, rest)| (verb.as_str(), rest)) {
        Some(("write", [folder])) => write_all(Path::new(folder)),
        Some(("imports", files)) if !files.is_empty() => {
            files.iter().try_for_each(|file| imports::print(Path::new(file)))
        }
        _ => bail!(USAGE),
    }
}

/// A hostile file, and whether a validator is meant to let it pass.
struct Hostile {
    name: &'static str,
    bytes: Vec<u8>,
    valid: bool,
}

fn write_all(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let mut all = Vec::new();
    for (name, text) in BY_HAND {
        let module = wat::parse_str(text).with_context(|| format!("`{name}.wat` does not parse"))?;
        let bytes = component::answering_http(module).with_context(|| format!("`{name}` is no component"))?;
        all.push(Hostile { name, bytes, valid: true });
    }
    all.extend(bombs::all()?);
    all.extend(shapes::all()?);
    all.iter().try_for_each(|hostile| write(folder, hostile))
}

fn write(folder: &Path, hostile: &Hostile) -> Result<()> {
    // A bomb that a validator refuses never reaches the compiler, and would test nothing.
    match (hostile.valid, Validator::new().validate_all(&hostile.bytes)) {
        (true, Err(error)) => bail!("`{}` is meant to be valid: {error}", hostile.name),
        (false, Ok(_)) => bail!("`{}` is meant to be invalid, and is not", hostile.name),
        _ => {}
    }
    let path: PathBuf = folder.join(format!("hostile-{}.wasm", hostile.name));
    std::fs::write(&path, &hostile.bytes).with_context(|| format!("cannot write `{}`", path.display()))
}
