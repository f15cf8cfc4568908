//! A line of source with a caret below the place.

use wire::bundle::Notice;

/// Columns of a line that are shown; of longer ones, what is around the caret.
const WIDTH: usize = 100;

/// A place in a source, both counted from 1; the column in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    /// The place of a byte.
    pub(crate) fn of_byte(source: &str, byte: usize) -> Self {
        let before = source.get(..source.floor_char_boundary(byte)).unwrap_or(source);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().map(char::len_utf16).sum::<usize>();
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let from_one = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        Self { line: from_one(line), column: from_one(column) }
    }
}

/// A notice about a place in a file.
pub(crate) fn notice(file: String, source: Option<&str>, place: Place, message: String) -> Notice {
    Notice {
        file: Some(file),
        line: Some(place.line),
        column: Some(place.column),
        message,
        excerpt: source.and_then(|source| excerpt(source, place)),
    }
}

/// The line of `place` and a second one with the caret.
fn excerpt(source: &str, place: Place) -> Option<String> {
    let line = usize::try_from(place.line).ok()?;
    // The end of the file, where something is missing: its last line with something in it, and the caret behind that.
    if line > source.lines().count() && line <= source.lines().count() + 1 {
        let (at, last) = source.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()).last()?;
        let from_one = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        let column = from_one(last.trim_end().encode_utf16().count());
        return excerpt(source, Place { line: from_one(at), column });
    }
    let text = source.lines().nth(line.checked_sub(1)?)?;
    let target = usize::try_from(place.column).ok()?.saturating_sub(1);
    let mut units = 0;
    let at = text.chars().take_while(|each| {
        let before = units < target;
        units += each.len_utf16();
        before
    });
    let at = at.count();
    // Control characters are for the terminal to obey, so none is shown.
    let shown: Vec<char> = text.chars().map(|each| if each.is_control() { ' ' } else { each }).collect();
    let from = if shown.len() <= WIDTH { 0 } else { at.saturating_sub(WIDTH / 2).min(shown.len() - WIDTH) };
    let until = shown.len().min(from + WIDTH);
    let (cut, rest) = (if from > 0 { "…" } else { "" }, if until < shown.len() { "…" } else { "" });
    let window: String = shown.get(from..until)?.iter().collect();
    let number = place.line.to_string();
    let blank = " ".repeat(number.len());
    let indent = " ".repeat(cut.chars().count() + at - from);
    Some(format!("{number} | {cut}{window}{rest}\n{blank} | {indent}^"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Place {
        Place { line, column }
    }

    #[test]
    fn bytes_become_lines_and_columns() {
        let source = "const a = 1;\nconst 🦀 = 'é' + b;\n";
        for (byte, place) in
            [(0, at(1, 1)), (6, at(1, 7)), (13, at(2, 1)), (source.find('b').unwrap(), at(2, 18)), (9_999, at(3, 1))]
        {
            assert_eq!(Place::of_byte(source, byte), place, "{byte}");
        }
        // In the middle of a character: its beginning.
        assert_eq!(Place::of_byte(source, source.find('🦀').unwrap() + 2), at(2, 7));
    }

    #[test]
    fn the_caret_stands_below_the_place() {
        assert_eq!(excerpt("a\n\tb🦀c\u{1b}d", at(2, 5)).unwrap(), "2 |  b🦀c d\n  |    ^");
        assert_eq!(excerpt("ab", at(1, 3)).unwrap(), "1 | ab\n  |   ^");
        assert_eq!(excerpt("ab", at(7, 1)), None);
        // Behind the last line.
        assert_eq!(excerpt("a\nb {\n\n", at(4, 1)).unwrap(), "2 | b {\n  |    ^");
        assert_eq!((excerpt("", at(1, 1)), excerpt("\n", at(2, 1))), (None, None));
    }

    #[test]
    fn long_lines_are_cut_around_it() {
        let long = format!("{}X{}", "a".repeat(5_000), "b".repeat(5_000));
        let shown = excerpt(&long, at(1, 5_001)).unwrap();
        let (line, caret) = shown.split_once('\n').unwrap();
        assert!(line.chars().count() < 120 && line.starts_with("1 | …a") && line.ends_with("b…"), "{shown}");
        assert_eq!(line.chars().position(|each| each == 'X'), caret.chars().position(|each| each == '^'));
    }
}
