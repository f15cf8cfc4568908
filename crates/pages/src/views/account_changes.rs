//! Changes of an account that have a page of their own.
use super::page;
use crate::{Faults, Hidden, PasswordRules, Shown};

/// Makes one more passkey.
#[derive(Debug, Clone, Default)]
pub struct AddPasskey {
    pub hidden: Hidden,
    pub email: Shown,
    /// What it will be called, unless the person writes something else: `Firefox on Linux`.
    pub label: Shown,
    pub faults: Faults,
}
page!(AddPasskey, "add_passkey.html", |v| v.faults.status());

/// Sets or changes the password, while signed in.
#[derive(Debug, Clone, Default)]
pub struct ChangePassword {
    pub hidden: Hidden,
    pub email: Shown,
    /// Whether there is one: then it is asked for.
    pub present: bool,
    /// Whether it is on a list of passwords that got out: the page then comes right after signing in, and can be left.
    pub known: bool,
    pub rules: PasswordRules,
    pub faults: Faults,
}
page!(ChangePassword, "change_password.html", |v| v.faults.status());

/// Asks before something is taken away.
#[derive(Debug, Clone)]
pub struct Remove {
    pub hidden: Hidden,
    pub removal: Removal,
    pub faults: Faults,
}

/// What goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    Passkey {
        id: String,
        label: Shown,
    },
    Password,
    Authenticator,
    /// The present recovery codes, for new ones.
    RecoveryCodes,
}

impl Remove {
    pub(crate) fn action(&self) -> &'static str {
        use crate::paths;
        match self.removal {
            Removal::Passkey { .. } => paths::ACCOUNT_PASSKEY_REMOVE,
            Removal::Password => paths::ACCOUNT_PASSWORD_REMOVE,
            Removal::Authenticator => paths::ACCOUNT_AUTHENTICATOR_REMOVE,
            Removal::RecoveryCodes => paths::ACCOUNT_RECOVERY,
        }
    }
}
page!(Remove, "remove.html", |v| v.faults.status());
