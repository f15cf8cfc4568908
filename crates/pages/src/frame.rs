//! What every page shows around its own content.
use crate::{Shown, strings::Strings};

/// The surroundings of a page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The language of the page.
    pub lang: Lang,
    /// The name of this platform, at the top: what its operator configured, or `Serviceful`.
    pub platform: Shown,
    /// The host that serves this page, at the foot, to compare with the address bar: `id.example.com`.
    pub host: Shown,
    /// Where the person goes when done. `None` when nobody waits for them.
    pub destination: Option<Destination>,
    /// What is not to be had here.
    pub without: Without,
    /// Set on a platform in development mode, to the name everybody is signed in as: a banner that cannot be overlooked.
    pub development: Option<Shown>,
}

/// What this platform does not offer: pages then show neither a way to it nor a word about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Without {
    pub passkeys: bool,
    /// Mails: verification, reset.
    pub mail: bool,
    /// A change of one's own name.
    pub renaming: bool,
    /// New recovery codes in place of the present ones.
    pub new_codes: bool,
}

/// The app that a person is on the way to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// The app's name: "to continue to coffee".
    pub app: Shown,
    /// The app's host, shown beside it: `coffee.apps.example.com`.
    pub host: Shown,
}

/// A language that the pages are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    En,
}

impl Lang {
    /// For the attribute `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
        }
    }

    pub(crate) fn strings(self) -> &'static Strings {
        match self {
            Self::En => &crate::strings::EN,
        }
    }
}
