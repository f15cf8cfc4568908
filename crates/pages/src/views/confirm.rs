//! "Is it still you?", before something sensitive (step-up).
use super::page;
use crate::{Faults, Hidden, Shown};

/// Asks for a fresh proof, with whatever the person has.
#[derive(Debug, Clone, Default)]
pub struct Confirm {
    pub hidden: Hidden,
    /// Who is signed in.
    pub email: Shown,
    pub reason: ConfirmReason,
    /// Whether they have a passkey.
    pub passkeys: bool,
    /// Whether a password is enough, and they have one.
    pub password: bool,
    /// Whether a code of an authenticator app is needed beside the password.
    pub code: bool,
    /// Whether a recovery code may take the place of what they lost.
    pub recovery: bool,
    pub faults: Faults,
}

/// Who asks, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConfirmReason {
    /// A function of an app: "coffee/orders asks you to confirm it's you".
    Function { app: Shown, function: Shown },
    /// A change of how they sign in.
    #[default]
    Account,
    /// A change in the console.
    Console,
}

impl Confirm {
    /// Where the cursor stands at first: nowhere when a passkey is the first offer.
    pub(crate) fn first(&self) -> &'static str {
        match (self.passkeys, self.password) {
            (true, _) => "",
            (false, true) => crate::fields::PASSWORD,
            (false, false) => crate::fields::CODE,
        }
    }
}
page!(Confirm, "confirm.html", |v| v.faults.status());
