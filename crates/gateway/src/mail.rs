//! Mails, as rooms ask for them. Rooms name what is to be said; the words, and the sending, are elsewhere.
use std::sync::Arc;

use types::{AppName, MailId, PrincipalId, Secret, UnixMillis};

use crate::Fut;

/// What a mail says. A link is a whole address; whoever has it can use it.
#[derive(Debug, Clone)]
pub enum Letter {
    /// Somebody is invited. `inviter`: their name, `None` for the operator.
    Invitation { inviter: Option<Arc<str>>, app: Option<AppName>, link: Secret },
    /// Somebody wants an account, and may be whoever reads this.
    SignUp { link: Secret },
    /// Somebody wants an account for an address that has one.
    HasAccount,
    /// Somebody wants an account for an address that is invited.
    IsInvited,
    /// Somebody forgot a password, and may be whoever reads this.
    Reset { link: Secret },
    /// The same, for an account that has no password.
    NoPassword,
    /// Somebody says that this address is theirs.
    VerifyEmail { link: Secret },
    /// A password was replaced by a link.
    PasswordReset,
    /// An operator wants to see whether mails arrive.
    Test,
}

impl Letter {
    /// A word for lists and events.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "invitation",
            Self::SignUp { .. } => "sign-up",
            Self::HasAccount => "has-account",
            Self::IsInvited => "is-invited",
            Self::Reset { .. } => "reset",
            Self::NoPassword => "no-password",
            Self::VerifyEmail { .. } => "verify-email",
            Self::PasswordReset => "password-reset",
            Self::Test => "test",
        }
    }
}

/// A mail to send.
#[derive(Debug, Clone)]
pub struct Post {
    /// As `types::email_address` gives it.
    pub to: Arc<str>,
    /// Whose account it is about, if there is one.
    pub person: Option<PrincipalId>,
    pub letter: Letter,
    /// When its link is over; it is not sent later.
    pub expires_at: UnixMillis,
}

/// Why a mail is not on its way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    #[error("no mail server is configured")]
    Off,
    #[error("too many mails wait to be sent")]
    Full,
    #[error("the mail could not be kept: {0}")]
    Failed(String),
}

/// The way out for mails.
pub trait MailPort: Send + Sync {
    /// Whether the operator named a mail server. Without one, links are handed over by people.
    fn is_on(&self) -> bool;
    /// Keeps a mail until it was sent. When this answers, it survives a crash.
    fn post(&self, post: Post) -> Fut<'_, Result<MailId, PostError>>;
    /// Has the mails sent that are due: one was made due by hand.
    fn wake(&self);
}
