//! Names that people type: of an app, of a function, of a group, of a secret.
use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a name may not be empty")]
    Empty,
    #[error("`{name}` is longer than {max} characters")]
    TooLong { name: String, max: usize },
    #[error("`{name}` may hold only a-z, 0-9 and single inner `-`, and starts with a letter")]
    Characters { name: String },
    #[error("`{name}` is reserved for the platform; choose another name")]
    Reserved { name: String },
}

/// Labels that the platform itself answers under, or that browsers and resolvers treat specially.
const RESERVED: [&str; 10] =
    ["api", "app", "apps", "console", "id", "localhost", "login", "serviceful", "static", "www"];

fn check(text: &str, max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > max {
        return Err(NameError::TooLong { name: text.chars().take(max).collect(), max });
    }
    let characters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let shape = text.starts_with(|c: char| c.is_ascii_lowercase()) && !text.ends_with('-') && !text.contains("--");
    if characters && shape { Ok(()) } else { Err(NameError::Characters { name: text.to_owned() }) }
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $max:expr, $reserved:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(Arc<str>);

        impl $type {
            /// Longest accepted name, in bytes.
            pub const MAX_BYTES: usize = $max;

            /// Parses a name; see [`NameError`] for what is refused.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text, Self::MAX_BYTES)?;
                if $reserved && RESERVED.contains(&text) {
                    return Err(NameError::Reserved { name: text.to_owned() });
                }
                Ok(Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl std::str::FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0.as_ref().to_owned()
            }
        }
    };
}

name! {
    /// The name of an app. It is one DNS label (RFC 1035), because it becomes the app's own origin.
    AppName, 40, true
}
name! {
    /// The name of a group of people. It belongs to the platform, and no app answers under it.
    GroupName, 60, false
}
name! {
    /// The name of a function inside its app.
    FunctionName, 60, false
}

/// Why a text is not the name of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not the name of a secret: 1 to {max} of A-Z, 0-9 and `_`, the first a letter, such as `STRIPE_KEY`"
)]
pub struct SecretNameError {
    name: String,
    max: usize,
}

/// The name of a secret of an app. It is spelled like nothing else that a function finds on its way, so that code which looks for
/// one that it was not granted is recognised.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(Arc<str>);

impl SecretName {
    /// Longest accepted name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, SecretNameError> {
        let word = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        let begins = text.starts_with(|c: char| c.is_ascii_uppercase());
        if begins && text.len() <= Self::MAX_BYTES && text.bytes().all(word) {
            return Ok(Self(text.into()));
        }
        Err(SecretNameError { name: text.chars().take(Self::MAX_BYTES).collect(), max: Self::MAX_BYTES })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl TryFrom<String> for SecretName {
    type Error = SecretNameError;
    fn try_from(text: String) -> Result<Self, SecretNameError> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for SecretName {
    type Err = SecretNameError;
    fn from_str(text: &str) -> Result<Self, SecretNameError> {
        Self::parse(text)
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> String {
        name.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_named_in_capitals() {
        for good in ["A", "STRIPE_KEY", "K2", "A_"] {
            assert_eq!(SecretName::parse(good).map(|name| name.to_string()).as_deref(), Ok(good));
        }
        let long = "A".repeat(65);
        for bad in ["", "a", "_A", "2A", "A-B", "A.B", "A B", "Ä", "then", "toJSON", &long] {
            assert!(SecretName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn accepts_dns_labels_only() {
        for good in ["coffee", "a", "a-b", "a1", "shop-2-go"] {
            assert!(AppName::parse(good).is_ok(), "{good}");
        }
        let long = "a".repeat(41);
        for bad in ["", "-a", "a-", "a--b", "A", "1a", "a_b", "a.b", "å", "a b", "xn--a", &long] {
            assert!(AppName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn platform_labels_are_reserved_for_apps_not_for_functions() {
        assert_eq!(AppName::parse("console"), Err(NameError::Reserved { name: "console".into() }));
        assert!(FunctionName::parse("console").is_ok());
    }
}
