//! A person's own account.
use super::page;
use crate::{Age, Faults, Hidden, Shown, strings::Strings};

/// Profile, ways to sign in, devices.
#[derive(Debug, Clone, Default)]
pub struct Account {
    pub hidden: Hidden,
    pub name: Shown,
    /// What stands in the field for the name: what they typed, where the form came back. Empty: the name.
    pub name_typed: Shown,
    pub email: Shown,
    pub email_verified: bool,
    /// What was just done, said once at the top.
    pub notice: Option<Notice>,
    pub passkeys: Vec<Passkey>,
    pub password: PasswordState,
    /// Whether the password that they signed in with is on a list of passwords that got out.
    pub password_known: bool,
    pub authenticator: Authenticator,
    /// Unused recovery codes. `None`: there were never any.
    pub recovery_left: Option<u32>,
    /// This one first, then the most recently used.
    pub sessions: Vec<Session>,
    pub faults: Faults,
}

impl Account {
    pub(crate) fn codes_left(&self, t: &Strings) -> Option<String> {
        self.recovery_left.map(t.codes_left)
    }

    /// What stands in the field for the name.
    pub(crate) fn name_field(&self) -> &Shown {
        if self.name_typed.is_empty() && self.faults.on(crate::fields::NAME).is_none() {
            &self.name
        } else {
            &self.name_typed
        }
    }

    /// Whether it is time to make new recovery codes.
    pub(crate) fn few_left(&self) -> bool {
        self.recovery_left.is_some_and(|left| left <= 3)
    }
}
page!(Account, "account.html", |v| v.faults.status());

/// One passkey of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passkey {
    /// Comes back in field `id`.
    pub id: String,
    /// What the person calls it.
    pub label: Shown,
    /// What they wanted to call it, where that form came back.
    pub label_typed: Option<Shown>,
    pub added: Age,
    /// `None`: never used yet.
    pub used: Option<Age>,
    /// Whether it is copied between devices by its provider.
    pub synced: bool,
}

/// The password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PasswordState {
    /// Passwords are not allowed here: not shown.
    #[default]
    NotAllowed,
    /// There is none.
    Unset,
    Set {
        changed: Age,
        /// Whether it may go: not when it is the last way in.
        removable: bool,
    },
}

/// The authenticator app.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Authenticator {
    #[default]
    Off,
    /// There is no password that it could go with: not shown.
    NotNeeded,
    On {
        added: Age,
        /// Whether it may go: not where it is required.
        removable: bool,
    },
}

/// One device that is signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// Comes back in field `id`.
    pub id: String,
    /// `Firefox on Linux`, `Command line on build-3`.
    pub device: Shown,
    /// Where it was last seen from, as coarse as it is kept: `203.0.113.0/24`, or a place. May be empty.
    pub seen_from: Shown,
    pub used: Age,
    pub begun: Age,
    /// Whether it is the one that reads this page.
    pub this: bool,
    /// Whether it is a command line, not a browser.
    pub command_line: bool,
}

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    NameSaved,
    EmailVerified,
    MailSent,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    PasswordChanged,
    PasswordRemoved,
    AuthenticatorAdded,
    AuthenticatorRemoved,
    RecoveryCodesSaved,
    SessionEnded,
    SessionsEnded,
}

impl Notice {
    const NAMES: &[(&str, Self)] = &[
        ("name", Self::NameSaved),
        ("email", Self::EmailVerified),
        ("mail", Self::MailSent),
        ("passkey-added", Self::PasskeyAdded),
        ("passkey-renamed", Self::PasskeyRenamed),
        ("passkey-removed", Self::PasskeyRemoved),
        ("password", Self::PasswordChanged),
        ("password-removed", Self::PasswordRemoved),
        ("authenticator", Self::AuthenticatorAdded),
        ("authenticator-removed", Self::AuthenticatorRemoved),
        ("recovery-codes", Self::RecoveryCodesSaved),
        ("session", Self::SessionEnded),
        ("sessions", Self::SessionsEnded),
    ];

    /// For an address.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, notice)| *notice == self).map_or("", |(name, _)| name)
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, notice)| *notice)
    }
}
