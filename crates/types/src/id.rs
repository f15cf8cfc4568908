//! Typed identifiers: one type a kind, so that a token's id can never be passed where a person's is meant.
use std::{fmt, str::FromStr};

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};

use crate::time::{Rng, UnixMillis};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {kind} id")]
pub struct IdError {
    text: String,
    kind: &'static str,
}

/// 48 bits of milliseconds and 80 random bits: sorts by time, cannot be guessed.
fn fresh(at: UnixMillis, rng: &dyn Rng) -> [u8; 16] {
    let mut bytes = [0; 16];
    rng.fill(&mut bytes);
    let millis = at.0.to_be_bytes();
    for (to, from) in bytes.iter_mut().zip(millis.into_iter().skip(2)).take(6) {
        *to = from;
    }
    bytes
}

macro_rules! id {
    ($(#[$doc:meta])* $type:ident, $prefix:literal, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type([u8; 16]);

        impl $type {
            /// A new id: sorted by `at`, with 80 random bits.
            pub fn fresh(at: UnixMillis, rng: &dyn Rng) -> Self {
                Self(fresh(at, rng))
            }

            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                f.write_str(&BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $type {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let refuse = || IdError { text: text.chars().take(60).collect(), kind: $kind };
                let body = text.strip_prefix($prefix).ok_or_else(refuse)?;
                // One spelling an id: upper case would be a second name for the same thing.
                if body.len() != 26 || body.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(refuse());
                }
                let bytes = BASE32_NOPAD
                    .decode(body.to_ascii_uppercase().as_bytes())
                    .map_err(|_| refuse())?;
                Ok(Self(bytes.try_into().map_err(|_| refuse())?))
            }
        }

        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    self.0.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                } else {
                    <[u8; 16]>::deserialize(deserializer).map(Self)
                }
            }
        }
    };
}

id! {
    /// One request, from arrival to reply; also on every log line and audit event it causes.
    RequestId, "r-", "a request"
}
id! {
    /// A person or a service account.
    PrincipalId, "p-", "a principal"
}
id! {
    /// A credential (a token), not its secret.
    CredentialId, "c-", "a credential"
}
id! {
    /// A mail that is to be sent, or was.
    MailId, "m-", "a mail"
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;
    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn sorts_by_time_and_round_trips() {
        let early = RequestId::fresh(UnixMillis(1), &Fixed);
        let late = RequestId::fresh(UnixMillis(2), &Fixed);
        assert!(early < late);
        assert_eq!(late.to_string().parse(), Ok(late));
        assert_eq!(late.to_string().len(), 28);
    }

    #[test]
    fn has_one_spelling_and_one_kind() {
        let id = PrincipalId::from_bytes([1; 16]).to_string();
        assert!(id.parse::<RequestId>().is_err());
        assert!(id.to_uppercase().parse::<PrincipalId>().is_err());
        assert!(format!("{id}a").parse::<PrincipalId>().is_err());
    }
}
