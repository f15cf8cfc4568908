//! Who is calling, once that is known. A stranger is a caller too.
use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{AppName, CredentialId, PrincipalId, UnixMillis};

/// The credential of somebody who proved nothing: whoever is a person by `serviceful up --as`, or in a question of what would be. It
/// stands in events; there is none like it.
pub const NO_CREDENTIAL: CredentialId = CredentialId::from_bytes([0; 16]);

/// How sure the platform is that a person is who they say they are (ordered).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assurance {
    #[default]
    None,
    SingleFactor,
    MultiFactor,
    PhishingResistant,
}

impl Assurance {
    /// Weakest first.
    pub const ALL: [Self; 4] = [Self::None, Self::SingleFactor, Self::MultiFactor, Self::PhishingResistant];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SingleFactor => "single-factor",
            Self::MultiFactor => "multi-factor",
            Self::PhishingResistant => "phishing-resistant",
        }
    }

    /// The authentication context class (`acr`) of OpenID Connect; `None`: nothing was proved.
    pub const fn acr(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::SingleFactor => Some("urn:sf:sfa"),
            Self::MultiFactor => Some("urn:sf:mfa"),
            Self::PhishingResistant => Some("urn:sf:phr"),
        }
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Assurance {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|word| word.as_str() == text).ok_or(())
    }
}

/// Who is calling. Nothing in here is a network address (claim C7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caller {
    /// Nobody proved anything.
    Stranger,
    Person(Person),
    Service(Service),
    /// The operating-system user that owns the data directory, through the host socket: break-glass, and `serviceful up`.
    Operator {
        uid: u32,
    },
}

/// A person with an account on this platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PrincipalId,
    pub display_name: Arc<str>,
    /// Owner of the platform: may do every control action.
    pub owner: bool,
    pub disabled: bool,
    pub assurance: Assurance,
    pub authenticated_at: UnixMillis,
    /// The credential that proved it.
    pub credential: CredentialId,
}

/// A service account: a machine that calls one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    pub id: PrincipalId,
    pub name: Arc<str>,
    /// The app that the account belongs to.
    pub app: AppName,
    pub disabled: bool,
    pub credential: CredentialId,
}

impl Caller {
    /// The principal behind the call; a stranger and the operator have none.
    pub const fn principal(&self) -> Option<PrincipalId> {
        match self {
            Self::Person(person) => Some(person.id),
            Self::Service(service) => Some(service.id),
            Self::Stranger | Self::Operator { .. } => None,
        }
    }

    /// The credential that proved the identity, where one did.
    pub const fn credential(&self) -> Option<CredentialId> {
        match self {
            Self::Person(person) => Some(person.credential),
            Self::Service(service) => Some(service.credential),
            Self::Stranger | Self::Operator { .. } => None,
        }
    }

    /// One word for records: `stranger`, `person`, `service`, `operator`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Person(_) => "person",
            Self::Service(_) => "service",
            Self::Operator { .. } => "operator",
        }
    }
}
