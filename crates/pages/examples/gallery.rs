//! Writes every page as a file, with its assets, to be looked at: `cargo run -p pages --example gallery -- FOLDER`.
//! Links between the files do not work; `scripts/look-at-pages.sh` serves them.
use std::{fs, io, path::Path};

#[path = "../tests/states/mod.rs"]
mod states;

use states::Names;

fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| io::Error::other("say where to: gallery FOLDER"))?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("assets"))?;
    for asset in pages::assets::all() {
        fs::write(folder.join(asset.path.trim_start_matches('/')), asset.bytes)?;
    }
    let headers = pages::headers::PAGE.iter().map(|(name, value)| format!("{name}: {value}\n")).collect::<String>();
    fs::write(folder.join("headers.txt"), headers)?;
    for state in states::all(&Names::honest()) {
        fs::write(folder.join(format!("{}.html", state.name)), state.page.html)?;
    }
    for state in states::all(&Names::long()) {
        fs::write(folder.join(format!("{}.long.html", state.name)), state.page.html)?;
    }
    Ok(())
}
