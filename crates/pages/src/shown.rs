//! Text that others chose: names, addresses, devices.
use std::fmt;

/// How many characters of a foreign text are shown. An e-mail address may have 254, and is never cut.
const CHARACTERS_MAX: usize = 256;

/// A text that somebody outside chose, made fit to stand on a page.
///
/// Characters that draw nothing but steer the text around them are taken out: control characters, the marks that turn the
/// direction of reading, invisible ones. What is too long is cut and ends in `…`.
// SECURITY: a name with U+202E in it would otherwise turn the sentence that it stands in around, and make
// "asked by evil.example" read as something else. Escaping for HTML is not done here: the templates escape everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first letter or digit, as a capital, for the round mark before a person.
    pub(crate) fn initial(&self) -> String {
        self.0.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".to_owned(), |c| c.to_uppercase().collect())
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        let mut kept = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| draws(*c));
        let mut shown: String = kept.by_ref().take(CHARACTERS_MAX).collect();
        if kept.next().is_some() {
            shown.pop();
            shown.push('…');
        }
        Self(shown.trim().to_owned())
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character draws something, or joins what does.
fn draws(c: char) -> bool {
    let steers = matches!(c,
        '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' | '\u{115F}' | '\u{1160}' | '\u{3164}');
    !c.is_control() && !steers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_taken_out_and_what_draws_is_kept() {
        for (given, shown) in [
            ("Ann", "Ann"),
            ("  Ann \t Lee\n", "Ann   Lee"),
            ("a\u{202E}moc.live\u{2069}\0b", "amoc.liveb"),
            ("אבי & <b>", "אבי & <b>"),
            ("\u{1F469}\u{200D}\u{1F680}", "\u{1F469}\u{200D}\u{1F680}"),
            ("\u{3164}\u{200B}", ""),
        ] {
            assert_eq!(Shown::from(given).as_str(), shown, "{given:?}");
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let exact = "x".repeat(CHARACTERS_MAX);
        assert_eq!(Shown::from(exact.as_str()).as_str(), exact);
        let cut = Shown::from("ü".repeat(10_000));
        assert_eq!(cut.as_str().chars().count(), CHARACTERS_MAX);
        assert!(cut.as_str().ends_with("ü…"));
    }

    #[test]
    fn an_initial_is_a_letter() {
        for (given, initial) in [("ann", "A"), ("<script>", "S"), ("", "?"), ("  !", "?"), ("ßen", "SS"), ("王", "王")]
        {
            assert_eq!(Shown::from(given).initial(), initial);
        }
    }
}
