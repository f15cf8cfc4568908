//! Byte offset -> line and column, for people.

/// `line 3, column 5`, both from 1, columns in characters.
pub(crate) fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).map_or(0, |rest| rest.chars().count()) + 1;
    format!("line {line}, column {column}")
}

/// At most `max` characters on one line, without anything a terminal could obey.
pub(crate) fn short(text: &str, max: usize) -> String {
    let mut plain = String::new();
    for c in text.chars().take(max) {
        match c {
            '"' | '\'' | '\\' => plain.push(c),
            '\n' | '\r' | '\t' => plain.push(' '),
            _ => plain.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(max).is_some() {
        plain.push('…');
    }
    plain
}
