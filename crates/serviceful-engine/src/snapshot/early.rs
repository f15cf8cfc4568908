//! What a package may look at while it is loaded: a clock that stands still, and chance that is none.
//!
//! Some of the most used packages read the time when they are loaded, to measure or to seed nothing that matters. A person who
//! writes `Date.now()` at the top level means the time of a request and would get that of nothing, so that stays an error.
//! So it is with `Math.random`, of which packages make names and seeds of tables. What is meant to be secret asks `crypto` for
//! randomness, and that is refused to everybody (decision 0033).
//! Both show each snapshot the same, so what a snapshot holds is still decided by its source alone.
use crate::js::{map::Map, place};

/// What the clock shows: zero, in words.
const STANDS_AT: &str = "1970-01-01T00:00:00Z";
/// The engine keeps no more lines of a stack (`whole_stack` of its failures.rs); behind the last one somebody else may have called.
const LINES_MAX: usize = 64;

/// What the engine calls `Math.random`; other randomness has another name.
pub(super) const CHANCE: &str = "chance";
const CLOCK: &str = "the clock";

/// What a package that was let pass is told to have done.
pub(super) fn told(package: &str, what: &str) -> String {
    let when = "when it is loaded, which happens once for all requests";
    match what {
        CHANCE => format!("warning: {package} asks `Math.random` {when}: what it keeps of that is the same in each"),
        _ => format!("warning: {package} looks at the clock {when}: it saw {STANDS_AT}"),
    }
}

/// The package that uses `what` while it is loaded and by itself; `None`: it is not let pass.
pub(super) fn package_that_loads(what: &str, stack: &str, map: Option<&Map>) -> Option<String> {
    if matches!(what, CLOCK | CHANCE) { loading(stack, map) } else { None }
}

/// The package whose own loading this is; `None`: somebody else called.
pub(super) fn loading(stack: &str, map: Option<&Map>) -> Option<String> {
    let mut steps = place::steps(stack, map);
    let package = package(&steps.next()?.place.file)?;
    for step in steps {
        // The bundler's own code calls a module to load it, and nothing else of a package: whoever stands outside only needs it.
        if step.is_glue {
            return Some(package);
        }
        self::package(&step.place.file)?;
    }
    (stack.lines().count() < LINES_MAX).then_some(package)
}

/// Whose file it is, by the innermost `node_modules`.
fn package(file: &str) -> Option<String> {
    let (before, inside) = file.rsplit_once("node_modules/")?;
    if !before.is_empty() && !before.ends_with('/') {
        return None;
    }
    let mut parts = inside.split('/');
    let first = parts.next().filter(|name| !name.is_empty())?;
    match first.starts_with('@') {
        true => Some(format!("{first}/{}", parts.next()?)),
        false => Some(first.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_innermost_package() {
        for (file, expected) in [
            ("node_modules/lodash-es/_shortOut.js", Some("lodash-es")),
            ("../node_modules/@a/b/c/d.js", Some("@a/b")),
            ("node_modules/a/node_modules/b/x.js", Some("b")),
            ("src/node_modules.ts", None),
            ("my_node_modules/a/x.js", None),
            ("src/index.ts", None),
            ("main.js", None),
            ("node_modules/@a", None),
        ] {
            assert_eq!(package(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn without_a_map_nothing_is_a_packages() {
        assert_eq!(package_that_loads("the clock", "    at now (main.js:1:1)\n", None), None);
        assert_eq!(package_that_loads("the clock", "", None), None);
    }
}
