//! Something is not as it should be.
use super::page;
use crate::{Hidden, Shown};

/// A plain page that says what happened and what to do next.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    pub hidden: Hidden,
    pub kind: ProblemKind,
    /// The request's id, for whoever is asked about it. May be empty.
    pub request: Shown,
}

/// What happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProblemKind {
    /// There is no such page.
    #[default]
    NotFound,
    /// A link of a mail or an invitation is over, or was used.
    LinkExpired,
    /// A link is not whole, or never was one of ours.
    LinkInvalid,
    /// The attempt to sign in took too long, or was finished in another window.
    AttemptExpired,
    /// The form did not come from our page, or its cookie is missing.
    FormInvalid,
    /// Cookies are off.
    NoCookies,
    /// The account was disabled.
    AccountDisabled,
    /// A link counts in the browser where its owner is signed in, and this is none.
    SignInFirst,
    /// Something of ours does not answer.
    Unavailable,
}

impl ProblemKind {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::LinkExpired | Self::AttemptExpired => 410,
            Self::LinkInvalid | Self::FormInvalid | Self::NoCookies => 400,
            Self::AccountDisabled | Self::SignInFirst => 403,
            Self::Unavailable => 503,
        }
    }
}
page!(Problem, "problem.html", |v| v.kind.status());
