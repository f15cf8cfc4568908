//! What `serviceful-bundle` writes to its standard output: one JSON document, ours on both ends.

use serde::{Deserialize, Serialize};

/// Largest document that the bundler writes and that its caller should read.
pub const DOCUMENT_BYTES_MAX: usize = 64 << 20;

/// What became of a project's source.
// Untagged because the shape is part of the program's published output; no person reads serde's error about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Document {
    /// One module; the exit code is 0.
    Bundle(Bundle),
    /// No module; the exit code is 1.
    Refused {
        /// At least one.
        errors: Vec<Notice>,
    },
}

/// A project as one ES module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The code, and in its last line the source map; [`Self::parts`] takes them apart.
    pub module: String,
    /// Files that it was made of, relative to the project, in order of their names: a change in one may change the module.
    pub inputs: Vec<String>,
    /// Modules that the engine provides, as `node:buffer`, in order of their names.
    pub externals: Vec<String>,
    /// What may go wrong when it runs.
    pub warnings: Vec<Notice>,
}

/// An error or a warning, with its place where it has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Relative to the project.
    pub file: Option<String>,
    /// From 1.
    pub line: Option<u32>,
    /// From 1, in UTF-16 units, as editors and stack traces count.
    pub column: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
    /// The line, with a caret below the column.
    pub excerpt: Option<String>,
}

/// How the last line of a module begins; a source map in base64 follows.
pub const SOURCE_MAP_LINE: &str = "//# sourceMappingURL=data:application/json;base64,";

impl Bundle {
    /// The code without its last line, and the source map of that line in base64.
    #[must_use]
    pub fn parts(&self) -> (&str, Option<&str>) {
        let last = self.module.rfind('\n').map_or(0, |newline| newline + 1);
        match self.module.split_at_checked(last) {
            Some((code, line)) if line.starts_with(SOURCE_MAP_LINE) => (code, line.get(SOURCE_MAP_LINE.len()..)),
            _ => (&self.module, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(module: &str) -> Bundle {
        Bundle { module: module.into(), inputs: vec!["a.ts".into()], externals: vec![], warnings: vec![] }
    }

    #[test]
    fn the_last_line_is_the_map_and_no_other() {
        assert_eq!(bundle(&format!("a;\nb;\n{SOURCE_MAP_LINE}e30=")).parts(), ("a;\nb;\n", Some("e30=")));
        // A line that a source brought itself is code.
        let inner = format!("{SOURCE_MAP_LINE}AAAA\nb;\n");
        assert_eq!(bundle(&format!("{inner}{SOURCE_MAP_LINE}e30=")).parts(), (inner.as_str(), Some("e30=")));
        for without in ["", "a;", "a;\n", &inner] {
            assert_eq!(bundle(without).parts(), (without, None));
        }
    }
}
