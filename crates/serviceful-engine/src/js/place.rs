//! Where in a function's source something happened, read from a JavaScript stack trace.
use super::map::Map;

/// How the engine calls a function's one module (`FILE` in `js/engine/src/vm.rs`).
const FILE: &str = "main.js";
/// Longest trace that is kept, in lines.
const LINES_MAX: usize = 16;

/// A place in a file, numbers from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One line of a trace that is the function's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The line as it is shown.
    pub(crate) text: String,
    /// In the module that was evaluated.
    pub(crate) evaluated: Place,
    /// In the user's files; the same when there is no map.
    pub(crate) place: Place,
    /// Code that the bundler added: there is a map, and it does not know this place.
    pub(crate) is_glue: bool,
}

/// Where this place (both numbers from 1) of the module came from; the module itself when that is not known.
pub(crate) fn of(line: u32, column: u32, map: Option<&Map>) -> Place {
    let known = map.and_then(|map| map.place(line, column));
    known.unwrap_or_else(|| Place { file: FILE.to_owned(), line, column })
}

/// The steps of the function's own code; those of the engine's prelude tell a user nothing.
pub(crate) fn trace(stack: &str, map: Option<&Map>) -> Vec<Step> {
    steps(stack, map).take(LINES_MAX).collect()
}

/// The same, however many there are.
pub(crate) fn steps(stack: &str, map: Option<&Map>) -> impl Iterator<Item = Step> {
    stack.lines().filter_map(move |line| step(line.trim(), map))
}

/// Where a trace begins for its reader: the innermost step that is not a dependency's or the bundler's.
pub(crate) fn innermost(trace: &[Step]) -> Option<&Step> {
    let is_packages = |file: &str| file.starts_with("node_modules/") || file.contains("/node_modules/");
    let own = |step: &&Step| !step.is_glue && !is_packages(&step.place.file);
    trace.iter().find(own).or(trace.iter().find(|step| !step.is_glue)).or(trace.first())
}

/// A line that the function wrote, with the places in it as the user knows them: an error that was logged has its stack there.
/// What the bundler added keeps the module's own place.
pub(crate) fn renamed(line: &str, map: &Map) -> String {
    let mut out = String::with_capacity(line.len() + 64);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(FILE) {
        out.push_str(before);
        rest = after;
        // Not the end of another file's name.
        let is_whole = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '\\' | '_' | '-'));
        match numbers(after).filter(|_| is_whole) {
            Some((line, column, after)) => {
                out.push_str(&of(line, column, Some(map)).to_string());
                rest = after;
            }
            None => out.push_str(FILE),
        }
    }
    out.push_str(rest);
    out
}

/// Whether there may be a place of the module's in this.
pub(crate) fn mentions(text: &[u8]) -> bool {
    text.windows(FILE.len()).any(|window| window == FILE.as_bytes())
}

/// `:line:column` and what is behind it.
fn numbers(text: &str) -> Option<(u32, u32, &str)> {
    let (line, rest) = number(text)?;
    let (column, rest) = number(rest)?;
    Some((line, column, rest))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let text = text.strip_prefix(':')?;
    let (number, rest) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    Some((number.parse().ok()?, rest))
}

fn step(line: &str, map: Option<&Map>) -> Option<Step> {
    let (before, rest) = line.split_once(FILE)?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = rest.strip_prefix(':')?;
    let (number, rest) = rest.split_at(digits(rest));
    let (column, after) = match rest.strip_prefix(':') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("1", rest),
    };
    let evaluated = of(number.parse().ok()?, column.parse().unwrap_or(1), None);
    let known = map.and_then(|map| map.place(evaluated.line, evaluated.column));
    let is_glue = map.is_some() && known.is_none();
    let place = known.unwrap_or_else(|| evaluated.clone());
    Some(Step { text: format!("{before}{place}{after}"), evaluated, place, is_glue })
}

/// The line of the source with a caret under the place, numbered as in the user's file.
pub(crate) fn excerpt(source: &str, step: &Step) -> Option<String> {
    /// Shown before and behind the place, in characters: bundles have long lines.
    const AROUND: usize = 60;
    let text = source.lines().nth(usize::try_from(step.evaluated.line).ok()?.checked_sub(1)?)?;
    let at = usize::try_from(step.evaluated.column).ok()?.saturating_sub(1);
    let from = at.saturating_sub(AROUND);
    let shown: String =
        text.chars().skip(from).take(2 * AROUND).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let number = step.place.line.to_string();
    let gap = " ".repeat(number.len());
    Some(format!("{number} | {shown}\n{gap} | {}^", " ".repeat(at - from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Place {
        Place { file: FILE.to_owned(), line, column }
    }

    fn step_at(line: u32, column: u32) -> Step {
        Step { text: String::new(), evaluated: at(line, column), place: at(line, column), is_glue: false }
    }

    #[test]
    fn the_first_frame_of_the_users_own_counts() {
        let stack = "    at set (serviceful:http:10:3)\n    at native\n    at menu (main.js:12:7)\n    at fetch (main.js:3:1)\n";
        let found = trace(stack, None);
        let texts: Vec<_> = found.iter().map(|step| step.text.as_str()).collect();
        assert_eq!(texts, ["at menu (main.js:12:7)", "at fetch (main.js:3:1)"]);
        assert_eq!(innermost(&found).unwrap().place, at(12, 7));
        assert_eq!(trace("    at main.js:5\n", None)[0].place, at(5, 1));
        assert_eq!(trace("    at f (serviceful:url:1:1)", None), []);
        let mut deep = found;
        deep[0].place.file = "node_modules/hono/dist/hono.js".into();
        assert_eq!(innermost(&deep).unwrap().place, at(3, 1));
        deep.truncate(1);
        assert_eq!(innermost(&deep).unwrap().place.line, 12, "a dependency's own is better than nothing");
    }

    #[test]
    fn places_in_written_lines_become_the_users() {
        // Line 1, column 1 -> src/a.ts:1:1.
        let map = r#"{"version":3,"sources":["src/a.ts"],"names":[],"mappings":"AAAA"}"#;
        let encoded = data_encoding::BASE64.encode(map.as_bytes());
        let map =
            Map::of(format!("x\n//# sourceMappingURL=data:application/json;base64,{encoded}").as_bytes()).unwrap();
        for (line, wanted) in [
            ("    at f (main.js:1:4)", "    at f (src/a.ts:1:1)"),
            ("one main.js:1:1, two main.js:1:9", "one src/a.ts:1:1, two src/a.ts:1:1"),
            // Nothing is known of line 7; the rest is no place, or another file's.
            ("at main.js:7:1", "at main.js:7:1"),
            ("dist/main.js:1:1 domain.js:1:1", "dist/main.js:1:1 domain.js:1:1"),
            ("main.js main.js:1 main.js: main.js:x:1", "main.js main.js:1 main.js: main.js:x:1"),
            ("main.js:99999999999999999999:1", "main.js:99999999999999999999:1"),
            ("\u{e4}main.js:1:1", "\u{e4}main.js:1:1"),
            ("", ""),
        ] {
            assert_eq!(renamed(line, &map), wanted);
        }
    }

    #[test]
    fn the_caret_is_under_the_place() {
        assert_eq!(excerpt("let a;\nlet b = ;\n", &step_at(2, 9)).unwrap(), "2 | let b = ;\n  |         ^");
        let long = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let shown = excerpt(&long, &step_at(1, 501)).unwrap();
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!(lines[0].find('X'), lines[1].find('^'));
        assert_eq!(excerpt("one line", &step_at(7, 1)), None);
        let mapped = Step { place: Place { file: "src/a.ts".into(), line: 40, column: 2 }, ..step_at(2, 9) };
        assert_eq!(excerpt("let a;\nlet b = ;\n", &mapped).unwrap(), "40 | let b = ;\n   |         ^");
    }
}
