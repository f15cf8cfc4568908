//! What a call has read of secrets, and what is written in their place where they turn up in its output.
//!
//! NOT HERE: values in another form. Whoever encodes a secret and writes that has written it.
use std::borrow::Cow;

use types::SecretName;
use wire::keeper::Typed;

use super::logs::harmless;

/// A shorter value is not looked for: it would be found in words that have nothing to do with it.
const VALUE_BYTES_MIN: usize = 4;
/// A value of several lines is also looked for line by line; shorter ones are not.
const LINE_BYTES_MIN: usize = 8;

/// The secrets that one call has read.
#[derive(Default)]
pub(crate) struct Revealed {
    values: Vec<(SecretName, Typed)>,
    /// What is looked for, the longest first, and what is written instead.
    patterns: Vec<(Vec<u8>, String)>,
}

impl Revealed {
    pub(crate) fn get(&self, name: &SecretName) -> Option<Typed> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    pub(crate) fn add(&mut self, name: SecretName, value: Typed) {
        let text = value.reveal();
        let words = format!("[secret {name}]");
        // As it is, and as a log would show it.
        let mut found = vec![text.to_owned(), harmless(text.as_bytes())];
        let lines = text.lines().map(str::trim).filter(|line| line.len() >= LINE_BYTES_MIN && line.len() < text.len());
        found.extend(lines.map(str::to_owned));
        found.retain(|pattern| pattern.len() >= VALUE_BYTES_MIN);
        self.patterns.extend(found.into_iter().map(|pattern| (pattern.into_bytes(), words.clone())));
        self.patterns.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.len()));
        self.patterns.dedup();
        self.values.push((name, value));
    }

    /// How long the longest of them is; 0: there is nothing to look for.
    pub(crate) fn longest(&self) -> usize {
        self.patterns.first().map_or(0, |(pattern, _)| pattern.len())
    }

    /// The text with each value replaced by its name.
    pub(crate) fn redacted<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(text);
        for (pattern, words) in &self.patterns {
            if let Some(replaced) = replace(&text, pattern, words.as_bytes()) {
                text = Cow::Owned(replaced);
            }
        }
        text
    }
}

/// `None` when there is nothing to replace.
fn replace(text: &[u8], pattern: &[u8], words: &[u8]) -> Option<Vec<u8>> {
    let mut at = find(text, pattern)?;
    let (mut rest, mut out) = (text, Vec::with_capacity(text.len()));
    loop {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        out.extend_from_slice(words);
        rest = rest.get(at.saturating_add(pattern.len())..).unwrap_or_default();
        match find(rest, pattern) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.extend_from_slice(rest);
    Some(out)
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    let first = pattern.first()?;
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let at = from + rest.iter().position(|byte| byte == first)?;
        if text.get(at..)?.starts_with(pattern) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revealed(secrets: &[(&str, &str)]) -> Revealed {
        let mut revealed = Revealed::default();
        for (name, value) in secrets {
            revealed.add(SecretName::parse(name).unwrap(), Typed::new((*value).to_owned()));
        }
        revealed
    }

    #[test]
    fn values_are_replaced_by_their_names_wherever_they_stand() {
        let pem = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqh\n-----END KEY-----";
        let secrets = revealed(&[
            ("A", "sk_live_1"),
            ("LONGER", "xx sk_live_1 yy"),
            ("SHORT", "abc"),
            ("PEM", pem),
            ("T", "a\tb\u{7}c"),
        ]);
        for (text, expected) in [
            ("nothing", "nothing"),
            ("sk_live_1", "[secret A]"),
            ("k=sk_live_1;sk_live_1sk_live_1.", "k=[secret A];[secret A][secret A]."),
            ("sk_live_", "sk_live_"),
            ("a xx sk_live_1 yy b", "a [secret LONGER] b"),
            ("abc", "abc"),
            (pem, "[secret PEM]"),
            ("MIIEvQIBADANBg and kqh", "[secret PEM] and kqh"),
            ("a\tb\\u{7}c", "[secret T]"),
        ] {
            assert_eq!(String::from_utf8_lossy(&secrets.redacted(text.as_bytes())), expected, "{text}");
        }
        assert_eq!(secrets.longest(), pem.len().max(harmless(pem.as_bytes()).len()));
        assert!(matches!(Revealed::default().redacted(b"x"), Cow::Borrowed(_)));
    }
}
