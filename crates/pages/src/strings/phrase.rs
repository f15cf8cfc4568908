//! A sentence with a place for one value.
use std::fmt::Display;

/// `{}` stands where the value goes; wherever a language needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phrase(pub(super) &'static str);

impl Phrase {
    /// The sentence as plain text.
    pub(crate) fn with(&self, value: impl Display) -> String {
        format!("{}{value}{}", self.before(), self.after())
    }

    /// What stands before the value, for templates that set the value apart.
    pub(crate) fn before(&self) -> &'static str {
        self.0.split_once("{}").map_or(self.0, |(before, _)| before)
    }

    /// What stands after it.
    pub(crate) fn after(&self) -> &'static str {
        self.0.split_once("{}").map_or("", |(_, after)| after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_stands_in_its_place() {
        assert_eq!(Phrase("to continue to {}").with("coffee"), "to continue to coffee");
        assert_eq!(Phrase("{} asks").with("{}"), "{} asks");
        assert_eq!(Phrase("nothing").with(1), "nothing1");
    }
}
