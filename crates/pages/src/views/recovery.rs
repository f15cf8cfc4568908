//! Recovery codes.
use super::page;
use crate::{Faults, Hidden, Shown};

/// Shows new ones, once. They can be copied and printed; going on needs a tick that they are put away.
#[derive(Debug, Clone, Default)]
pub struct RecoveryCodes {
    pub hidden: Hidden,
    /// Each is shown in groups of four.
    pub codes: Vec<String>,
    /// Whose they are: printed above them.
    pub email: Shown,
    /// Whether they replace others, which stopped working.
    pub replaced: bool,
    pub faults: Faults,
}

impl RecoveryCodes {
    /// The codes in groups of four, joined by `-`: what is shown, copied and printed.
    pub(crate) fn grouped(&self) -> Vec<String> {
        let grouped = |code: &String| {
            let characters: Vec<char> = code.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
            characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
        };
        self.codes.iter().map(grouped).collect()
    }
}
page!(RecoveryCodes, "recovery_codes.html", |v| v.faults.status());

/// Asks for one: after the password, in place of the authenticator app; or alone, in place of a passkey.
#[derive(Debug, Clone, Default)]
pub struct RecoveryChallenge {
    pub hidden: Hidden,
    /// Whose it is; alone, what was typed.
    pub email: Shown,
    /// No password came before it: the address is asked for too.
    pub alone: bool,
    pub faults: Faults,
}
page!(RecoveryChallenge, "recovery_challenge.html", |v| v.faults.status());
