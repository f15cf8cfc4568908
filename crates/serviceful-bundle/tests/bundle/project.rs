//! A project in a folder of its own, and what the executable makes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use wire::bundle::{Bundle, Document, Notice};

/// What answers, for tests that are about something else.
pub(crate) const HANDLER: &str = "export default { fetch() { return new Response(x); } };\n";

/// Files below a temporary folder; the project is its folder `project`.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(project.path("")).unwrap();
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A path from the project's folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("project").join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The module of an entry that must be fine.
    pub(crate) fn bundle(&self, entry: &str) -> Bundle {
        match self.document(entry) {
            Document::Bundle(bundle) => bundle,
            Document::Refused { errors } => panic!("{errors:#?}"),
        }
    }

    /// The errors of an entry that must not be fine.
    pub(crate) fn errors(&self, entry: &str) -> Vec<Notice> {
        match self.document(entry) {
            Document::Refused { errors } => errors,
            Document::Bundle(bundle) => panic!("it was bundled:\n{}", bundle.module),
        }
    }

    /// The one error there is.
    pub(crate) fn error(&self, entry: &str) -> Notice {
        let errors = self.errors(entry);
        assert_eq!(errors.len(), 1, "{errors:#?}");
        errors.into_iter().next().unwrap()
    }

    pub(crate) fn document(&self, entry: &str) -> Document {
        let output = run(&[self.path("").to_str().unwrap(), entry]);
        let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let code = if matches!(document, Document::Bundle(_)) { 0 } else { 1 };
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let here = self.folder.path().canonicalize().unwrap();
        assert!(!text.contains(here.to_str().unwrap()), "a path of this machine: {text}");
        document
    }
}

pub(crate) fn executable() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_serviceful-bundle"))
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(executable()).args(arguments).output().unwrap()
}

/// The code without its map.
pub(crate) fn code(bundle: &Bundle) -> &str {
    bundle.parts().0
}
