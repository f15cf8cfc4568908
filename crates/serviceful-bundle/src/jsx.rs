//! Where a file uses JSX: what the compiler imports for it stands nowhere in the text.

use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{JSXElement, JSXFragment};
use oxc::ast_visit::Visit;
use oxc::parser::Parser;
use oxc::span::SourceType;

/// Whether this is what the compiler imports for JSX, and of which package.
pub(crate) fn package(specifier: &str) -> Option<&str> {
    specifier.strip_suffix("/jsx-runtime").or_else(|| specifier.strip_suffix("/jsx-dev-runtime"))
}

/// The byte where the first element begins. The bundler has parsed the same text, so it is known to be no danger.
pub(crate) fn first(source: &str, file: &Path) -> Option<usize> {
    let kind = SourceType::from_path(file).ok()?.with_jsx(true);
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, kind).parse();
    let mut first = First(None);
    first.visit_program(&parsed.program);
    usize::try_from(first.0?).ok()
}

struct First(Option<u32>);

impl<'a> Visit<'a> for First {
    fn visit_jsx_element(&mut self, element: &JSXElement<'a>) {
        self.0.get_or_insert(element.span.start);
    }

    fn visit_jsx_fragment(&mut self, fragment: &JSXFragment<'a>) {
        self.0.get_or_insert(fragment.span.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_element_is_found_and_no_text_that_looks_like_one() {
        for (file, source, expected) in [
            (
                "a.tsx",
                "// <p>\nconst t = '<p>';\nconst f = <T,>(x: T) => x;\nexport const a = () => <p>{<b/>}</p>;",
                Some(74),
            ),
            ("a.jsx", "const a = <></>;", Some(10)),
            ("a.js", "const a = 1 < 2;", None),
            ("a.tsx", "const a = ;", None),
            ("a.unknown", "<p/>", None),
        ] {
            assert_eq!(first(source, Path::new(file)), expected, "{source}");
        }
        assert_eq!(package("@scope/x/jsx-runtime"), Some("@scope/x"));
        assert_eq!(package("react"), None);
    }
}
