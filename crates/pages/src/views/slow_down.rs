//! Too many attempts.
use super::page;
use crate::{Faults, Hidden, Shown, strings::Strings};

/// Lets a person go on by computing (with a script) or by waiting (without).
#[derive(Debug, Clone, Default)]
pub struct SlowDown {
    pub hidden: Hidden,
    /// Whose password is about to be tried. Empty where it is about something else.
    pub email: Shown,
    /// Seconds to wait without computing. Also what `Retry-After` should say.
    pub wait_s: u32,
    /// `None`: waiting is the only way.
    pub puzzle: Option<Puzzle>,
    /// What was typed, sealed: the button, or the script, goes on with it. Empty: it leads back to the form.
    pub carried: String,
    pub faults: Faults,
}

/// Find a decimal number `n`, without leading zeros, such that SHA-256 of `challenge:n` begins with `bits` zero bits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Puzzle {
    /// Sent back with the answer.
    pub challenge: String,
    /// About 2^`bits` hashes: 18 takes a phone a second or two.
    pub bits: u8,
    /// `n`, once it was found. Empty: the script looks for it.
    pub solution: String,
}
impl SlowDown {
    pub(crate) fn action(&self) -> &'static str {
        if self.carried.is_empty() { crate::paths::SLOW_DOWN } else { crate::paths::SIGN_IN_PASSWORD }
    }

    pub(crate) fn wait(&self, t: &Strings) -> String {
        (t.wait)(self.wait_s)
    }
}
page!(SlowDown, "slow_down.html", |_| 429);
