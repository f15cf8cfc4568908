//! Where in a function's source something happened, read from a JavaScript stack trace.
use wire::work::Place;

/// How the engine calls a function's one file (`FILE` in `js/engine/src/vm.rs`).
const FILE: &str = "main.js";
/// Longest trace that is kept, in lines.
const LINES_MAX: usize = 16;

/// The innermost place in the function's own file.
pub(crate) fn of(stack: &str) -> Option<Place> {
    stack.lines().find_map(|line| {
        let (_, rest) = line.split_once(FILE)?;
        let mut numbers = rest.strip_prefix(':')?.split(|c: char| !c.is_ascii_digit());
        let line = numbers.next()?.parse().ok()?;
        let column = numbers.next().and_then(|column| column.parse().ok()).unwrap_or(1);
        Some(Place { line, column })
    })
}

/// The frames of the function's own file; those of the engine's prelude tell a user nothing.
pub(crate) fn frames(stack: &str) -> Vec<String> {
    let ours = |line: &&str| line.contains(FILE);
    stack.lines().filter(ours).take(LINES_MAX).map(|line| line.trim().to_owned()).collect()
}

/// The line of the source with a caret under the place.
pub(crate) fn excerpt(source: &str, place: Place) -> Option<String> {
    /// Shown before and behind the place, in characters: bundles have long lines.
    const AROUND: usize = 60;
    let text = source.lines().nth(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
    let at = usize::try_from(place.column).ok()?.saturating_sub(1);
    let from = at.saturating_sub(AROUND);
    let shown: String =
        text.chars().skip(from).take(2 * AROUND).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let number = place.line.to_string();
    let gap = " ".repeat(number.len());
    Some(format!("{number} | {shown}\n{gap} | {}^", " ".repeat(at - from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_of_the_users_own_counts() {
        let stack = "    at set (serviceful:http:10:3)\n    at native\n    at menu (main.js:12:7)\n    at fetch (main.js:3:1)\n";
        assert_eq!(of(stack), Some(Place { line: 12, column: 7 }));
        assert_eq!(frames(stack), ["at menu (main.js:12:7)", "at fetch (main.js:3:1)"]);
        assert_eq!(of("    at main.js:5\n"), Some(Place { line: 5, column: 1 }));
        assert_eq!(of("    at f (serviceful:url:1:1)"), None);
    }

    #[test]
    fn the_caret_is_under_the_place() {
        let place = Place { line: 2, column: 9 };
        assert_eq!(excerpt("let a;\nlet b = ;\n", place).unwrap(), "2 | let b = ;\n  |         ^");
        let long = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let shown = excerpt(&long, Place { line: 1, column: 501 }).unwrap();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[0].find('X'), lines[1].find('^'));
        assert_eq!(excerpt("one line", Place { line: 7, column: 1 }), None);
    }
}
