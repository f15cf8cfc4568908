//! A refusal or a failure, for somebody at a browser. Programs get the same as problem+json.
use super::page;
use crate::{Hidden, Shown, strings::Problems};

/// Says what happened, what to do next, and by which code and request to ask about it.
#[derive(Debug, Clone, Default)]
pub struct Refused {
    pub hidden: Hidden,
    pub status: u16,
    pub kind: RefusedKind,
    /// What is particular to this case: a fragment of a sentence, as problem+json has it. Empty: the words of the kind are all.
    pub detail: Shown,
    /// What to do next, likewise.
    pub next: Shown,
    /// Whether the sign-in pages are at this origin, and a link leads there.
    pub sign_in: bool,
    /// The code of the refusal (`POL-002`) and the request's id, for whoever is asked about it.
    pub code: Shown,
    pub request: Shown,
}

/// What happened, as far as words differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RefusedKind {
    /// There is nothing at this address.
    #[default]
    Nothing,
    /// Something is at this address, and it does not open like a page.
    Method,
    /// No app answers under this host name.
    Host,
    /// The app is there, and nothing is deployed to it yet.
    Undeployed,
    /// The console's own address: the command line speaks to it.
    Console,
    /// They are not signed in.
    SignIn,
    /// They may not.
    Forbidden,
    /// Too much, too often or too slow: of what they sent.
    Limit,
    /// What they sent could not be understood.
    Malformed,
    /// It was allowed and went wrong.
    Failed,
    /// It cannot be done at the moment.
    Unavailable,
}

impl Refused {
    pub(crate) fn words(&self, t: &Problems) -> (&'static str, &'static str) {
        match self.kind {
            RefusedKind::Nothing => t.not_found,
            RefusedKind::Method => t.method,
            RefusedKind::Host => t.host,
            RefusedKind::Undeployed => t.undeployed,
            RefusedKind::Console => t.console,
            RefusedKind::SignIn => t.signed_out,
            RefusedKind::Forbidden => t.forbidden,
            RefusedKind::Limit => t.limit,
            RefusedKind::Malformed => t.malformed,
            RefusedKind::Failed => t.failed,
            RefusedKind::Unavailable => t.busy,
        }
    }

    pub(crate) fn said(&self) -> String {
        sentence(&self.detail)
    }

    pub(crate) fn then(&self) -> String {
        sentence(&self.next)
    }
}

/// A fragment as a sentence. Names in it stand between backticks, and keep their case.
fn sentence(text: &Shown) -> String {
    let text = text.as_str();
    let mut characters = text.chars();
    let first: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}
page!(Refused, "refused.html", |v| v.status);
