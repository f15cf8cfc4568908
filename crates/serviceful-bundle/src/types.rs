//! Types that are imported as if they were values.

use std::path::Path;

use rolldown_error::{BuildDiagnostic, EventKind};

use crate::sight::Sight;

/// Whether an error says that a module does not export something which is a type in this project's TypeScript.
///
/// `import { Menu } from "./menu"` is dropped with the types when only types use `Menu`. `export { Menu } from "./menu"` is not:
/// whether it names a type stands in the other file. The TypeScript compiler knows, and so do people. Such an export is
/// `undefined` where it runs, and nothing looks at it.
pub(crate) fn are_missing(error: &BuildDiagnostic, sight: &Sight) -> bool {
    let typescript = |path: &str| [".ts", ".tsx", ".mts", ".cts"].iter().any(|ending| path.ends_with(ending));
    if !matches!(error.kind(), EventKind::MissingExportError)
        || !error.id().is_some_and(|importer| typescript(&importer))
    {
        return false;
    }
    // The name stands in quotes at the beginning of the bundler's sentence.
    let sentence = error.to_string();
    let Some(name) = sentence.split('"').nth(1) else { return false };
    let sources = sight.inputs();
    let mut sources = sources.iter().filter(|input| typescript(input));
    sources.any(|input| {
        let source = sight.again(&sight.roots().project().join(Path::new(input))).unwrap_or_default();
        declares(&source, name)
    })
}

/// Whether a source declares a type or an interface of that name.
fn declares(source: &str, name: &str) -> bool {
    let is_name = |each: char| each.is_alphanumeric() || each == '_' || each == '$';
    ["type ", "interface "].iter().any(|word| {
        source.match_indices(word).any(|(at, _)| {
            let before = source.get(..at).and_then(|before| before.chars().next_back());
            let after = source.get(at + word.len()..).unwrap_or_default().trim_start();
            let rest = after.strip_prefix(name);
            before.is_none_or(|each| !is_name(each)) && rest.is_some_and(|rest| !rest.starts_with(is_name))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_are_told_from_other_words() {
        for source in [
            "type Menu = 1",
            "export interface Menu<T> {",
            "declare type  Menu=1;",
            "a;type Menu=1",
            "export { type Menu } from './x'",
        ] {
            assert!(declares(source, "Menu"), "{source}");
        }
        for source in ["const Menu = 1", "type Menus = 1", "prototype Menu", "type Card = Menu", "typeof Menu", ""] {
            assert!(!declares(source, "Menu"), "{source}");
        }
    }
}
