//! Looks at an app's Cedar text before Cedar does. The parser and the type checker recurse along the text, so its depth
//! and the size of each rule are bounded first: this file is read by the front process, and a stack that runs over ends it.
use crate::place::place;

/// Tokens of one rule.
pub(crate) const RULE_TOKENS_MAX: usize = 600;
/// Open brackets plus `if`s around any place in a rule.
pub(crate) const DEPTH_MAX: usize = 16;

/// `like` patterns in one file, bytes of each, and wildcards in each. Matching costs the length of the text times that of
/// the pattern, the text may be a path of 8 KiB from a stranger, and deciding stops everything else on its thread.
pub(crate) const LIKES_MAX: usize = 20;
pub(crate) const PATTERN_BYTES_MAX: usize = 64;
pub(crate) const PATTERN_STARS_MAX: usize = 4;

/// Offsets at which rules start.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) starts: Vec<usize>,
}

#[derive(Default)]
struct Rule {
    start: Option<usize>,
    tokens: usize,
    brackets: usize,
    ifs: usize,
    /// The token before was `like`.
    after_like: bool,
}

/// Splits the text into rules the way Cedar's own lexer does (strings, `//` comments), or says where it goes too far.
pub(crate) fn scan(text: &str, rules_max: usize) -> Result<Shape, String> {
    let bytes = text.as_bytes();
    let mut shape = Shape { starts: Vec::new() };
    let mut rule = Rule::default();
    let (mut at, mut likes) = (0, 0);
    while let Some(byte) = bytes.get(at).copied() {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = match byte {
            _ if byte.is_ascii_whitespace() || byte == 0x0b => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
                continue;
            }
            b'"' => string_length(rest),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => word_length(rest),
            _ => 1,
        };
        let token = bytes.get(at..at + length).unwrap_or_default();
        if rule.start.is_none() {
            if shape.starts.len() == rules_max {
                return Err(format!("{}: this is more than {rules_max} rules; remove or join some", place(text, at)));
            }
            rule.start = Some(at);
            shape.starts.push(at);
        }
        rule.take(token).map_err(|why| format!("{}: {why}", place(text, at)))?;
        likes += usize::from(token == b"like");
        if likes > LIKES_MAX {
            return Err(format!(
                "{}: this is more than {LIKES_MAX} `like` in one file; compare whole words with `==`",
                place(text, at)
            ));
        }
        if token == b";" {
            rule = Rule::default();
        }
        at += length;
    }
    Ok(shape)
}

impl Rule {
    fn take(&mut self, token: &[u8]) -> Result<(), String> {
        self.tokens += 1;
        if std::mem::replace(&mut self.after_like, token == b"like") {
            check_pattern(token)?;
        }
        match token {
            b"(" | b"[" | b"{" => self.brackets += 1,
            b")" | b"]" | b"}" => self.brackets = self.brackets.saturating_sub(1),
            // Counted for the whole rule: an `else if` is nested in the `if` before it.
            b"if" => self.ifs += 1,
            _ => {}
        }
        if self.tokens > RULE_TOKENS_MAX {
            return Err(format!("this rule is longer than {RULE_TOKENS_MAX} words and signs; split it"));
        }
        if self.brackets + self.ifs > DEPTH_MAX {
            return Err(format!("this is nested more than {DEPTH_MAX} deep; write it flatter, or split the rule"));
        }
        Ok(())
    }
}

fn check_pattern(token: &[u8]) -> Result<(), String> {
    let stars = token.iter().filter(|b| **b == b'*').count();
    if token.len() > PATTERN_BYTES_MAX + 2 || stars > PATTERN_STARS_MAX {
        return Err(format!(
            "a pattern has at most {PATTERN_BYTES_MAX} bytes and {PATTERN_STARS_MAX} `*`; make a route of its own for such paths"
        ));
    }
    Ok(())
}

fn word_length(rest: &[u8]) -> usize {
    rest.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).unwrap_or(rest.len())
}

/// Length of a string with its quotes; to the end of the text when it is not closed (Cedar refuses that).
fn string_length(rest: &[u8]) -> usize {
    let mut escaped = false;
    for (index, byte) in rest.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(pattern: &str) -> String {
        format!("permit(principal, action, resource) when {{ context.path like \"{pattern}\" }};")
    }

    #[test]
    fn patterns_that_take_long_to_match_are_refused() {
        assert!(scan(&rule("/stock/*"), 10).is_ok());
        assert!(scan(&rule(&format!("*{}b", "a".repeat(63))), 10).is_err(), "too long");
        assert!(scan(&rule("*a*b*c*d*e"), 10).is_err(), "too many wildcards");
        let many = rule("/a/*").repeat(LIKES_MAX + 1);
        assert!(scan(&many, 100).is_err_and(|why| why.contains("`like`")));
        assert!(scan(&rule("/a/*").repeat(LIKES_MAX), 100).is_ok());
    }
}
