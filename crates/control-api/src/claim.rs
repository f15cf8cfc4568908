//! The one-time claim that makes the first owner.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use types::{CredentialId, PrincipalId, UnixMillis};
use utoipa::ToSchema;

/// Uses up a claim.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The part of the claim link after `#`.
    pub code: String,
    /// What the new owner is called; shown to functions that they call.
    pub name: String,
}

/// What redeeming gives: a person who owns the platform, and a first credential for the command line.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claimed {
    #[schema(value_type = String)]
    pub person: PrincipalId,
    pub name: String,
    #[schema(value_type = String)]
    pub credential: CredentialId,
    /// The credential itself (`sfp_…`). It is shown this once.
    pub token: String,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
}

/// Asks for a new claim.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimIssue {
    /// Make one although an owner exists (they lost their credential, say).
    #[serde(default)]
    pub again: bool,
}

/// A claim that can be used once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimIssued {
    /// The whole link. The code is after `#`, where no log and no referrer sees it.
    pub link: String,
    /// Milliseconds since 1970.
    #[schema(value_type = u64)]
    pub expires_at: UnixMillis,
}

/// `https://console.example.com/claim#<code>`: where to claim, and with what.
#[derive(Clone)]
pub struct ClaimLink {
    /// Address of the console without a final slash.
    pub console: String,
    pub code: String,
}

/// Why a text is not a claim link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimLinkError {
    #[error("a claim link starts with `http://` or `https://`")]
    Scheme,
    #[error("a claim link looks like `http://console.localhost:8080/claim#CODE`; this one has no `/claim#`")]
    Shape,
    #[error("the code after `#` is empty, too long, or holds characters that no code has")]
    Code,
}

impl FromStr for ClaimLink {
    type Err = ClaimLinkError;
    fn from_str(text: &str) -> Result<Self, ClaimLinkError> {
        let text = text.trim();
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Err(ClaimLinkError::Scheme);
        }
        let (console, code) = text.split_once("/claim#").ok_or(ClaimLinkError::Shape)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if code.is_empty() || code.len() > 200 || !code.bytes().all(plain) {
            return Err(ClaimLinkError::Code);
        }
        Ok(Self { console: console.to_owned(), code: code.to_owned() })
    }
}

impl fmt::Display for ClaimLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/claim#{}", self.console, self.code)
    }
}

impl fmt::Debug for ClaimLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SECURITY: the code makes an owner; it may be printed for the operator, never logged.
        write!(f, "{}/claim#[redacted]", self.console)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_round_trip_and_hide_their_code_from_logs() {
        let text = "http://console.localhost:8080/claim#abc-DEF_123";
        let link: ClaimLink = text.parse().expect("a link");
        assert_eq!(link.console, "http://console.localhost:8080");
        assert_eq!(link.code, "abc-DEF_123");
        assert_eq!(link.to_string(), text);
        assert!(!format!("{link:?}").contains("abc-DEF"));
    }

    #[test]
    fn what_is_not_a_link_says_why() {
        let long = format!("https://c/claim#{}", "a".repeat(201));
        for (bad, why) in [
            ("", ClaimLinkError::Scheme),
            ("ftp://c/claim#a", ClaimLinkError::Scheme),
            ("https://c/", ClaimLinkError::Shape),
            ("https://c/claim?a", ClaimLinkError::Shape),
            ("https://c/claim#", ClaimLinkError::Code),
            ("https://c/claim#a b", ClaimLinkError::Code),
            (&long, ClaimLinkError::Code),
        ] {
            assert_eq!(bad.parse::<ClaimLink>().err(), Some(why), "{bad}");
        }
    }
}
