//! The five words that say who may call a function.
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Who may call a function. The default is [`Access::Members`]: a deployed function is locked until opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Anybody, signed in or not; the manifest must give a reason.
    Public,
    /// Anybody who proved an identity on this platform.
    SignedIn,
    /// The members of the app.
    #[default]
    Members,
    /// Only the services named in `callers`.
    Workloads,
    /// Nobody.
    Closed,
}

impl Access {
    pub const ALL: [Self; 5] = [Self::Public, Self::SignedIn, Self::Members, Self::Workloads, Self::Closed];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::SignedIn => "signed-in",
            Self::Members => "members",
            Self::Workloads => "workloads",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Access {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|word| word.as_str() == text).ok_or(())
    }
}
