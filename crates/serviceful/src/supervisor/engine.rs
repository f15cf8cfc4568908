//! Installed engines. Each is an executable of its own that says which build it is.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;
use types::{Digest, EngineBuild};
use wire::supervisor::EnginePackage;

#[derive(Deserialize)]
struct Description {
    build: String,
    wasmtime: String,
    javascript: Option<Digest>,
}

/// Finds the engine beside this executable.
pub(super) fn find() -> anyhow::Result<Vec<EnginePackage>> {
    let own = std::env::current_exe().context("cannot tell where this executable is")?;
    let path = own.with_file_name("serviceful-engine");
    if !path.is_file() {
        bail!(
            "the engine is missing: `{}` should be beside `{}`; install both executables together",
            path.display(),
            own.display()
        );
    }
    Ok(vec![describe(&path)?])
}

#[expect(clippy::disallowed_methods, reason = "the supervisor starts processes")]
fn describe(path: &Path) -> anyhow::Result<EnginePackage> {
    let output = std::process::Command::new(path)
        .arg("describe")
        .env_clear()
        .output()
        .with_context(|| format!("cannot run `{}`", path.display()))?;
    let described = |text: &[u8]| -> anyhow::Result<EnginePackage> {
        let said: Description = serde_json::from_slice(text).context("it did not describe itself")?;
        let build = EngineBuild::new(&said.build).context("its build id is malformed")?;
        let path = PathBuf::from(path).to_string_lossy().into_owned();
        Ok(EnginePackage { build, wasmtime: said.wasmtime, javascript: said.javascript, path })
    };
    described(&output.stdout).with_context(|| format!("`{}` is not an engine of this platform", path.display()))
}
