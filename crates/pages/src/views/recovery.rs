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
    /// The codes, sealed: a form that comes back without its tick shows them again.
    pub carried: String,
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

/// Asks for one.
#[derive(Debug, Clone, Default)]
pub struct RecoveryChallenge {
    pub hidden: Hidden,
    /// Whose it is; alone, what was typed.
    pub email: Shown,
    pub after: RecoveryAfter,
    pub faults: Faults,
}

/// What came before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RecoveryAfter {
    /// The password: the code takes the place of the authenticator app.
    #[default]
    Password,
    /// Nothing: the address is asked for too, and the code takes the place of a passkey.
    Nothing,
    /// A session that is to be confirmed: the code takes the place of whatever they hold.
    SignIn {
        /// Whether there is a password, which is then asked for too.
        password: bool,
    },
}

impl RecoveryChallenge {
    pub(crate) fn action(&self) -> &'static str {
        match self.after {
            RecoveryAfter::Password | RecoveryAfter::Nothing => crate::paths::SIGN_IN_RECOVERY,
            RecoveryAfter::SignIn { .. } => crate::paths::CONFIRM_RECOVERY,
        }
    }

    pub(crate) fn asks_password(&self) -> bool {
        self.after == RecoveryAfter::SignIn { password: true }
    }

    /// Where the cursor stands at first.
    pub(crate) fn first(&self) -> &'static str {
        match self.after {
            RecoveryAfter::Password | RecoveryAfter::SignIn { password: false } => crate::fields::RECOVERY_CODE,
            RecoveryAfter::Nothing => crate::fields::EMAIL,
            RecoveryAfter::SignIn { password: true } => crate::fields::PASSWORD,
        }
    }
}
page!(RecoveryChallenge, "recovery_challenge.html", |v| v.faults.status());
