//! Plays the command line: bundles a project with the real executable.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
#![expect(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use wire::bundle::Document;

/// A folder that is bundled.
pub(crate) struct Project(TempDir);

impl Project {
    /// These files, and no packages.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    /// The programs of `js/packages`, below the folder where `scripts/install-js-packages.sh` puts their packages.
    pub(crate) fn of_packages() -> Self {
        let executable = Path::new(env!("CARGO_BIN_EXE_serviceful-engine"));
        let installed = std::env::var_os("SERVICEFUL_JS_PACKAGES")
            .map_or_else(|| executable.ancestors().nth(2).unwrap().join("js-packages"), PathBuf::from);
        assert!(
            installed.join("node_modules").is_dir(),
            "`{}` has no packages; run `scripts/install-js-packages.sh`, or set SERVICEFUL_JS_PACKAGES to its folder",
            installed.display()
        );
        let folder = tempfile::Builder::new().prefix("project-").tempdir_in(installed).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../js/packages");
        fs::create_dir(folder.path().join("cases")).unwrap();
        fs::copy(source.join("check.ts"), folder.path().join("check.ts")).unwrap();
        for case in fs::read_dir(source.join("cases")).unwrap() {
            let case = case.unwrap();
            fs::copy(case.path(), folder.path().join("cases").join(case.file_name())).unwrap();
        }
        Self(folder)
    }

    /// The path of a program of [`Self::of_packages`].
    pub(crate) fn entry(&self, name: &str) -> String {
        let path = |ending| format!("cases/{name}.{ending}");
        if self.0.path().join(path("tsx")).exists() { path("tsx") } else { path("ts") }
    }

    /// What the bundler makes of it.
    pub(crate) fn bundle(&self, entry: &str) -> Document {
        let executable = Path::new(env!("CARGO_BIN_EXE_serviceful-engine")).with_file_name("serviceful-bundle");
        let output = Command::new(&executable).arg(self.0.path()).arg(entry).output();
        let output = output.unwrap_or_else(|error| {
            panic!("`{}`: {error}; build all executables: `cargo build --release --workspace`", executable.display())
        });
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }
}
