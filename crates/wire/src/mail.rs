//! front <-> mailer: mails, one after the other, for the server that the mailer is connected to.
use serde::{Deserialize, Serialize};

/// Frame kinds.
pub mod kind {
    /// `Hello`, mailer to front, first of all: it is jailed, and connected or not.
    pub const HELLO: u8 = 101;
    /// `Letter`, front to mailer; `stream` numbers it. The next one follows after its outcome.
    pub const LETTER: u8 = 1;
    /// `Outcome`, mailer to front; `stream` is the letter's.
    pub const OUTCOME: u8 = 102;
}

/// How the mailer begins. With a failure it ends after this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// JSON of the jail's report.
    pub posture: String,
    /// Why there is nobody to give a mail to.
    pub failed: Option<String>,
}

/// A mail. Its words are ours; the mailer makes the message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Stays the same when a mail is tried again, so that a reader's program can tell a copy.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    /// Milliseconds since 1970: for the field `Date`.
    pub at_ms: u64,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The server took it; from now on it is the server's.
    Taken,
    /// Not now; it may be tried again. `of_sender`: the server would refuse every other mail of ours as well.
    Later { reason: String, of_sender: bool },
    /// Never: the server will not deliver to this address.
    Never { reason: String },
}
