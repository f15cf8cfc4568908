//! What an operator can set. Unknown keys are refused; an absent key is the safe value.
use serde::{Deserialize, Serialize};
use store::CredentialKind;

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;
const DAY_S: u64 = 24 * HOUR_S;

/// How long a kind of credential lives, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Life {
    /// When nobody asks for another life.
    pub default_s: u64,
    /// The longest that anybody gets.
    pub max_s: u64,
}

/// The room's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A person's command line: 30 days, at most 90. Long enough not to train people to store passwords elsewhere.
    pub cli: Life,
    /// A person's call of an app: 5 minutes, at most 1 hour. It is made from a `cli` credential whenever needed.
    pub call: Life,
    /// A service account's token: 90 days, at most 365. Machines do not notice an expiry before it hurts.
    pub service: Life,
    /// How long a claim link is open: 30 minutes.
    pub claim_s: u64,
    /// Wrong claims in a minute before further wrong ones are told to wait: 5.
    pub claim_failures_max: usize,
    /// Verified credentials remembered, at most: 16,384 (about 350 bytes each).
    pub verified_max: usize,
    /// How long a verified credential counts without asking the store again: 60 s. Revocation does not wait for it.
    pub verified_s: u64,
    /// Refused credentials remembered, at most: 16,384.
    pub refused_max: usize,
    /// How long a refusal is remembered: 10 s.
    pub refused_s: u64,
    /// How long an invitation is open: 7 days.
    pub invitation_s: u64,
    /// How long the link of a sign-up is open: 1 hour. Whoever asked for it waits for it.
    pub sign_up_s: u64,
    /// How long a link to a new password is open: 30 minutes.
    pub reset_s: u64,
    /// How long a link that verifies an address is open: 24 hours.
    pub verify_s: u64,
    /// A browser's session, however much it is used: 24 hours.
    pub session_max_s: u64,
    /// A browser's session that is not used: 8 hours.
    pub session_idle_s: u64,
    /// How often a session's secret is replaced: every 15 minutes.
    pub session_rotate_s: u64,
    /// How long a replaced secret still counts, for requests that were under way: 60 seconds.
    pub session_grace_s: u64,
    /// The access token of a command line that signed in: 5 minutes, at most 10. It is bound to a key and refreshed by itself.
    pub login_access_s: u64,
    /// A command line that signed in, however much it is used: 12 hours.
    pub login_max_s: u64,
    /// How long a credential's row stays after it expired or was revoked: 30 days. Then a request with it is refused as unknown.
    pub retention_s: u64,
    /// The operating-system user that is the operator on the host socket: the one that owns the data directory.
    /// The composition root sets it; nobody is the operator without.
    #[serde(skip)]
    pub owner_uid: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cli: Life { default_s: 30 * DAY_S, max_s: 90 * DAY_S },
            call: Life { default_s: 5 * MINUTE_S, max_s: HOUR_S },
            service: Life { default_s: 90 * DAY_S, max_s: 365 * DAY_S },
            claim_s: 30 * MINUTE_S,
            claim_failures_max: 5,
            verified_max: 16_384,
            verified_s: 60,
            refused_max: 16_384,
            refused_s: 10,
            invitation_s: 7 * DAY_S,
            sign_up_s: HOUR_S,
            reset_s: 30 * MINUTE_S,
            verify_s: DAY_S,
            session_max_s: DAY_S,
            session_idle_s: 8 * HOUR_S,
            session_rotate_s: 15 * MINUTE_S,
            session_grace_s: MINUTE_S,
            login_access_s: 5 * MINUTE_S,
            login_max_s: 12 * HOUR_S,
            retention_s: 30 * DAY_S,
            owner_uid: None,
        }
    }
}

impl Config {
    /// Seconds that a credential of this kind lives; `asked_s` of 0 asks for the usual life.
    pub(crate) fn life_s(&self, kind: CredentialKind, asked_s: u64) -> u64 {
        let life = match kind {
            CredentialKind::Cli => self.cli,
            CredentialKind::Call => self.call,
            CredentialKind::Service => self.service,
        };
        let asked_s = if asked_s == 0 { life.default_s } else { asked_s };
        asked_s.min(life.max_s)
    }
}
