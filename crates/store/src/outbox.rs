//! Mails on their way: kept until they were handed over to a mail server, and told of afterwards.
use std::{fmt, sync::Arc};

use types::{MailId, PrincipalId, UnixMillis};

use crate::Answer;

/// What a mail says, as the keeper sealed it: it holds a link, and whoever has the link is somebody.
///
/// INVARIANT: made where the keeper's answer arrives, and where a database gives back what it kept, nowhere else. `clippy.toml`
/// lists [`SealedLetter::new`], so that a text in clear cannot be put in its place by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedLetter(Vec<u8>);

impl SealedLetter {
    /// What the keeper gave. The store of today holds no other.
    pub const fn new(sealed: Vec<u8>) -> Self {
        Self(sealed)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealedLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[sealed, {} bytes]", self.0.len())
    }
}

/// A mail to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    pub id: MailId,
    /// A word for lists: `invitation`. Nothing decides by it.
    pub kind: Arc<str>,
    /// In the spelling of [`crate::Account::email`].
    pub to: Arc<str>,
    /// Whose account it is about, if there is one; the mail goes along with them.
    pub person: Option<PrincipalId>,
    pub letter: SealedLetter,
    pub created_at: UnixMillis,
    /// When its link is over: it is not sent after that.
    pub expires_at: UnixMillis,
}

/// A mail of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub kind: Arc<str>,
    pub to: Arc<str>,
    pub person: Option<PrincipalId>,
    pub state: MailState,
    /// How often it was tried. Also tells one lease from another.
    pub attempts: u32,
    /// Why the last attempt came to nothing.
    pub error: Option<Arc<str>>,
    pub created_at: UnixMillis,
    pub expires_at: UnixMillis,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// It will be tried then.
    Waiting { due_at: UnixMillis },
    /// Somebody tries it, and has until then; afterwards somebody else may.
    Sending { until: UnixMillis },
    /// A mail server took it. Its letter is forgotten.
    Delivered { at: UnixMillis },
    /// Nobody tries it any more.
    Failed { at: UnixMillis },
}

/// A mail that somebody has taken, to try it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    pub id: MailId,
    pub kind: Arc<str>,
    pub to: Arc<str>,
    pub person: Option<PrincipalId>,
    pub letter: SealedLetter,
    pub expires_at: UnixMillis,
    /// Which attempt this is, the first being 1. Whoever reports names it: a lease that is over reports nothing.
    pub attempt: u32,
}

/// The mails of the platform.
pub trait Outbox: Send + Sync {
    /// Adds a mail, due at once. Conflict: its id exists, or its person does not.
    fn add_mail(&self, new: NewMail) -> Answer<'_, ()>;
    /// Takes up to `count` mails that are due, or whose lease is over, the longest due first; they are the taker's until `until`.
    /// Of two takers no mail is given to both.
    fn claim_mails(&self, now: UnixMillis, until: UnixMillis, count: u32) -> Answer<'_, Vec<ClaimedMail>>;
    /// A server took it; the letter is forgotten. `false`, and nothing changed, when this attempt's lease was over and somebody
    /// else took it, or it is gone.
    fn mail_delivered(&self, id: MailId, attempt: u32, at: UnixMillis) -> Answer<'_, bool>;
    /// This attempt came to nothing: it is due again at `again`, or without one has failed for good. `false` as above.
    fn mail_failed(
        &self,
        id: MailId,
        attempt: u32,
        at: UnixMillis,
        error: Arc<str>,
        again: Option<UnixMillis>,
    ) -> Answer<'_, bool>;
    /// Makes a mail due now that waits or has failed; `false` when there is none, it is under way or delivered, its letter is
    /// forgotten, or its link is over.
    fn retry_mail(&self, id: MailId, now: UnixMillis) -> Answer<'_, bool>;
    /// The newest mails first, at most `count`.
    fn mails(&self, count: u32) -> Answer<'_, Vec<Mail>>;
    /// How many were added since then; `to` narrows to one address.
    fn mails_since(&self, to: Option<Arc<str>>, since: UnixMillis) -> Answer<'_, u32>;
    /// How many wait or are being tried, and how many have failed since then.
    fn mails_open(&self, since: UnixMillis) -> Answer<'_, (u32, u32)>;
    /// Those that wait and whose link is over have failed; their letters, and those of failed ones that are over, are forgotten.
    /// The ones that failed by it.
    fn expire_mails(&self, now: UnixMillis) -> Answer<'_, Vec<Mail>>;
    /// Removes what was delivered or failed before `before`; how many.
    fn purge_mails(&self, before: UnixMillis) -> Answer<'_, usize>;
}
