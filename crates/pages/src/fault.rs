//! What was wrong with a form, named; the words for it are in `strings`.
use crate::{Shown, fields, strings::Strings};

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No e-mail address was given.
    EmailMissing,
    /// It does not look like one.
    EmailMalformed,
    /// Its domain may not sign up here.
    EmailNotAccepted,
    /// No name was given.
    NameMissing,
    /// The name is longer than this many characters.
    NameTooLong(u16),
    /// The name holds something that no name may: characters that reorder or hide others, blanks in a row.
    NameUnfit,
    /// Somebody else has that name, or one that looks like it.
    NameAlike,
    /// No password was given.
    PasswordMissing,
    /// The new password has fewer than this many characters.
    PasswordTooShort(u16),
    /// The new password has more than this many characters.
    PasswordTooLong(u16),
    /// The new password is on a list of passwords that got out.
    PasswordBreached,
    /// The new password is built from this: their own name, their address, the platform's name, a common phrase.
    PasswordGuessable(Shown),
    /// The new password is a repetition, a row of keys, a count or a date.
    PasswordPattern,
    /// The present password is wrong. Only where the person is known already (step-up, change); never at sign-in.
    PasswordWrong,
    /// Address or password is wrong. The one answer of sign-in, whoever it is.
    SignInFailed,
    /// The code of an authenticator app is not six digits.
    CodeMalformed,
    /// It is not the right one, or no longer.
    CodeWrong,
    /// It was used already.
    CodeUsed,
    /// The recovery code is not one of theirs, or was used.
    RecoveryCodeWrong,
    /// Address or recovery code is wrong, or the account asks for a password first. One answer, whoever it is.
    RecoveryFailed,
    /// The device and the platform did not agree on a passkey, or the person broke it off.
    PasskeyFailed,
    /// The passkey belongs to no account here.
    PasskeyUnknown,
    /// This passkey is on the account already.
    PasskeyTwice,
    /// The form for a passkey came without one: scripts are off or did not load.
    PasskeyMissing,
    /// The passkey did not check that it is them (no PIN, no fingerprint), and this needs it.
    PasskeyUnverified,
    /// No name for a passkey was given.
    LabelMissing,
    /// It is longer than this many characters.
    LabelTooLong(u16),
    /// It holds something that no name may: characters that reorder or hide others.
    LabelUnfit,
    /// The code of the claim link is wrong, used or over.
    ClaimWrong,
    /// The word to the owner is longer than this many characters.
    MessageTooLong(u16),
    /// The box "I have saved them" was not ticked.
    NotSaved,
    /// The answer to a puzzle is wrong.
    PuzzleWrong,
    /// It is their last way to sign in, so it cannot go.
    LastCredential,
    /// Whoever owns the platform keeps a second factor.
    SecondFactorNeeded,
    /// The account has as many passkeys as it may.
    PasskeysEnough(u16),
    /// The form is too old, or was not ours.
    FormExpired,
    /// It could not be done just now.
    Unavailable,
}

impl Fault {
    /// The field it belongs to, where it belongs to one.
    pub fn field(&self) -> Option<&'static str> {
        use Fault::*;
        match self {
            EmailMissing | EmailMalformed | EmailNotAccepted => Some(fields::EMAIL),
            NameMissing | NameTooLong(_) | NameUnfit | NameAlike => Some(fields::NAME),
            PasswordMissing | PasswordWrong => Some(fields::PASSWORD),
            PasswordTooShort(_) | PasswordTooLong(_) | PasswordBreached | PasswordGuessable(_) | PasswordPattern => {
                Some(fields::NEW_PASSWORD)
            }
            CodeMalformed | CodeWrong | CodeUsed => Some(fields::CODE),
            RecoveryCodeWrong => Some(fields::RECOVERY_CODE),
            LabelMissing | LabelTooLong(_) | LabelUnfit => Some(fields::LABEL),
            ClaimWrong => Some(fields::SECRET),
            MessageTooLong(_) => Some(fields::MESSAGE),
            NotSaved => Some(fields::SAVED),
            SignInFailed | RecoveryFailed | PasskeyFailed | PasskeyUnknown | PasskeyTwice | PasskeyMissing
            | PasskeyUnverified | PasskeysEnough(_) | PuzzleWrong | LastCredential | SecondFactorNeeded
            | FormExpired | Unavailable => None,
        }
    }

    /// In words.
    pub(crate) fn text(&self, t: &Strings) -> String {
        use Fault::*;
        let t = &t.fault;
        match self {
            EmailMissing => t.email_missing.into(),
            EmailMalformed => t.email_malformed.into(),
            EmailNotAccepted => t.email_not_accepted.into(),
            NameMissing => t.name_missing.into(),
            NameUnfit => t.name_unfit.into(),
            NameAlike => t.name_alike.into(),
            NameTooLong(max) => t.name_too_long.with(max),
            PasswordMissing => t.password_missing.into(),
            PasswordTooShort(min) => t.password_too_short.with(min),
            PasswordTooLong(max) => t.password_too_long.with(max),
            PasswordBreached => t.password_breached.into(),
            PasswordGuessable(word) => t.password_guessable.with(word),
            PasswordPattern => t.password_pattern.into(),
            PasswordWrong => t.password_wrong.into(),
            SignInFailed => t.sign_in_failed.into(),
            CodeMalformed => t.code_malformed.into(),
            CodeWrong => t.code_wrong.into(),
            CodeUsed => t.code_used.into(),
            RecoveryCodeWrong => t.recovery_code_wrong.into(),
            RecoveryFailed => t.recovery_failed.into(),
            PasskeyFailed => t.passkey_failed.into(),
            PasskeyUnknown => t.passkey_unknown.into(),
            PasskeyTwice => t.passkey_twice.into(),
            PasskeyMissing => t.passkey_missing.into(),
            PasskeyUnverified => t.passkey_unverified.into(),
            LabelMissing => t.label_missing.into(),
            LabelUnfit => t.label_unfit.into(),
            LabelTooLong(max) => t.label_too_long.with(max),
            ClaimWrong => t.claim_wrong.into(),
            MessageTooLong(max) => t.message_too_long.with(max),
            NotSaved => t.not_saved.into(),
            PuzzleWrong => t.puzzle_wrong.into(),
            LastCredential => t.last_credential.into(),
            SecondFactorNeeded => t.second_factor_needed.into(),
            PasskeysEnough(max) => t.passkeys_enough.with(max),
            FormExpired => t.form_expired.into(),
            Unavailable => t.unavailable.into(),
        }
    }
}

/// What was wrong with a form, in the order of its fields. Empty for a form that is shown for the first time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    /// Nothing was wrong.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 200, or 422 for a form that came back.
    pub(crate) fn status(&self) -> u16 {
        if self.is_empty() { 200 } else { 422 }
    }

    /// The first fault of a field.
    pub(crate) fn on(&self, field: &str) -> Option<&Fault> {
        self.0.iter().find(|fault| fault.field() == Some(field))
    }

    /// The field that the cursor should stand in: the first with a fault, or `first` when there is none.
    pub(crate) fn focus(&self, first: &'static str) -> &'static str {
        self.0.iter().find_map(Fault::field).unwrap_or(first)
    }

    /// Whether a summary is due: something concerns no field, or more than one thing is wrong. A single fault of a field
    /// stands at that field, with the cursor in it.
    pub(crate) fn summary_is_due(&self) -> bool {
        self.0.len() > 1 || self.0.iter().any(|fault| fault.field().is_none())
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().collect())
    }
}
