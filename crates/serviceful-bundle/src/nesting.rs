//! Stops sources that nest too deeply before a parser descends into them.

/// Open brackets at one place. Written code has some tens; the stack holds many times this.
pub(crate) const NESTING_MAX: usize = 2_000;

/// The byte at which more brackets are open than may be, if there is one.
///
/// It does not know strings, comments and regular expressions, so it may count brackets that mean nothing. Text with thousands
/// of open brackets that nothing closes is rare enough. What it does not see (operators, chains of `else if`) meets the stack's
/// end, and the parent process tells that.
pub(crate) fn too_deep(source: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in source.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > NESTING_MAX {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_and_not_number() {
        assert_eq!(too_deep(&"()[]{}".repeat(10_000)), None);
        assert_eq!(too_deep(&"([{".repeat(NESTING_MAX / 3)), None);
        assert_eq!(too_deep(&format!("{}{}", "}".repeat(50), "(".repeat(NESTING_MAX + 1))), Some(50 + NESTING_MAX));
    }
}
