//! Words of a worker, made fit to be shown.

/// At most `bytes_max` bytes of `text`, without anything that moves a reader's cursor or turns the direction of writing.
pub(crate) fn plain(text: &str, bytes_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(bytes_max));
    for c in text.chars() {
        // U+2028 to U+202E and U+2066 to U+2069: line breaks, and what hides or reorders the text around it.
        let moves = c.is_control() && c != '\t' || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let length = if moves { c.escape_default().len() } else { c.len_utf8() };
        if out.len() + length > bytes_max {
            break;
        }
        if moves { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_and_nothing_is_longer_than_asked() {
        assert_eq!(plain("a\tb\x1b[2J\u{9b}ä", 100), "a\tb\\u{1b}[2J\\u{9b}ä");
        assert_eq!(plain("x\u{202e}y\u{2066}z", 100), "x\\u{202e}y\\u{2066}z");
        assert_eq!(plain("ääää", 5), "ää");
        assert_eq!(plain("a\u{1b}", 6), "a");
    }
}
