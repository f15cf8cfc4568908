//! Every word that the pages say. A language is one file that fills this one struct; the compiler names what is missing.
mod en;
mod phrase;

use crate::{
    age::Span,
    views::{Notice, ProblemKind},
};
pub(crate) use en::EN;
pub(crate) use phrase::Phrase;

/// A part of the words: plain ones, and those with a place for a value.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($plain:ident)* } { $($phrase:ident)* })*) => {$(
        $(#[$doc])*
        pub(crate) struct $name {
            $(pub(crate) $plain: &'static str,)*
            $(pub(crate) $phrase: Phrase,)*
        }
    )*};
}

/// All of them, by page.
pub(crate) struct Strings {
    pub(crate) common: Common,
    pub(crate) field: Field,
    pub(crate) fault: Faults,
    pub(crate) passkey: Passkey,
    pub(crate) claim: Claim,
    pub(crate) sign_up: SignUp,
    pub(crate) sign_in: SignIn,
    pub(crate) password: Password,
    pub(crate) set_up: SetUp,
    pub(crate) invitation: Invitation,
    pub(crate) mail: Mail,
    pub(crate) authenticator: Authenticator,
    pub(crate) recovery: Recovery,
    pub(crate) confirm: Confirm,
    pub(crate) denied: Denied,
    pub(crate) sign_out: SignOut,
    pub(crate) slow_down: SlowDown,
    pub(crate) cli: Cli,
    pub(crate) account: Account,
    pub(crate) remove: Remove,
    pub(crate) problem: Problems,
    /// "2 hours ago": how a number changes its noun differs between languages, so it is a function.
    pub(crate) age: fn(Span) -> String,
    /// "Wait 30 seconds, then press the button."
    pub(crate) wait: fn(u32) -> String,
    /// "works once, for 10 minutes".
    pub(crate) works_for: fn(u32) -> String,
    /// The same of a code for a terminal.
    pub(crate) code_works_for: fn(u32) -> String,
    /// "7 codes are left".
    pub(crate) codes_left: fn(u32) -> String,
}

words! {
    Common {
        or go_on change change_address switch copy copied not_copied fault_mark faults host_hint back_to_sign_in
        back_to_account development development_label
    } { to_continue development_as }
    Field {
        email name password new_password present_password show hide code recovery_code recovery_code_hint label label_hint
    } { password_hint }
    Faults {
        email_missing email_malformed email_not_accepted name_missing name_unfit name_alike password_missing password_breached password_wrong password_pattern
        sign_in_failed code_malformed code_wrong code_used recovery_code_wrong recovery_failed passkey_failed passkey_unknown
        passkey_twice passkey_missing passkey_unverified label_missing label_unfit claim_wrong not_saved puzzle_wrong last_credential
        second_factor_needed form_expired unavailable
    } {
        name_too_long password_too_short password_too_long password_guessable passkeys_enough label_too_long message_too_long
    }
    /// Making and using passkeys.
    Passkey {
        create what needs_script password_instead password_go waiting cancelled failed twice unsupported
    } {}
    Claim { title lead again_title again_lead code code_hint } {}
    SignUp { title email_hint domains off off_next invite invite_next have_account } {}
    SignIn { title passkey no_account sign_up } {}
    Password {
        title keep forgot passkey lost reset reset_lead reset_go reset_factors reset_no_mail new_title new_go new_ends change set
        save change_ends known known_lead known_later
    } {}
    SetUp { title lead sign_up_lead } {}
    Invitation { title accept by_operator } { join by }
    Mail { check other verify verify_lead verify_go not_you } { reset_sent verify_sent }
    Authenticator {
        set_up lead picture by_hand first_code turn_on challenge challenge_lead recovery_instead
    } {}
    Recovery { title lead replaced copy print saved challenge challenge_lead alone_lead confirm_lead confirm_password_lead lost_passkey lost_app app_instead
        another_way
    } {}
    Confirm { title function account console passkey go go_on not_sent lacking lacking_lead no_means } {}
    Denied { title lead asked owner message request no_request } { heading sent }
    SignOut { title lead go stay done done_lead again } {}
    SlowDown { title lead working solved again } {}
    Cli {
        title here elsewhere computer compare phishing allow refuse paste paste_lead allowed allowed_next refused refused_next
        devices
    } {}
    Account {
        title profile profile_about verified unverified verify verify_about save passkeys passkeys_about no_passkeys
        add_passkey synced never_used rename remove factors factors_about ways ways_about password_unset change authenticator
        authenticator_off set_up on few_left new_codes sessions sessions_about this_device end_others
        name_saved email_verified mail_sent passkey_added passkey_renamed passkey_removed password_was_changed
        password_removed authenticator_added authenticator_removed codes_saved session_ended sessions_ended password_known
    } { added used password_changed begun }
    Remove {
        passkey_title passkey_then password password_then authenticator authenticator_then recovery recovery_then
        recovery_go go keep
    } { passkey }
}

/// What happened, and what to do next, for every kind of trouble.
pub(crate) struct Problems {
    pub(crate) again: &'static str,
    pub(crate) request: Phrase,
    pub(crate) not_found: (&'static str, &'static str),
    pub(crate) link_expired: (&'static str, &'static str),
    pub(crate) link_invalid: (&'static str, &'static str),
    pub(crate) attempt_expired: (&'static str, &'static str),
    pub(crate) form_invalid: (&'static str, &'static str),
    pub(crate) no_cookies: (&'static str, &'static str),
    pub(crate) account_disabled: (&'static str, &'static str),
    pub(crate) sign_in_first: (&'static str, &'static str),
    pub(crate) unavailable: (&'static str, &'static str),
    pub(crate) method: (&'static str, &'static str),
    pub(crate) host: (&'static str, &'static str),
    pub(crate) undeployed: (&'static str, &'static str),
    pub(crate) console: (&'static str, &'static str),
    pub(crate) signed_out: (&'static str, &'static str),
    pub(crate) forbidden: (&'static str, &'static str),
    pub(crate) limit: (&'static str, &'static str),
    pub(crate) malformed: (&'static str, &'static str),
    pub(crate) failed: (&'static str, &'static str),
    pub(crate) busy: (&'static str, &'static str),
}

impl Problems {
    pub(crate) fn words(&self, kind: &ProblemKind) -> (&'static str, &'static str) {
        match kind {
            ProblemKind::NotFound => self.not_found,
            ProblemKind::LinkExpired => self.link_expired,
            ProblemKind::LinkInvalid => self.link_invalid,
            ProblemKind::AttemptExpired => self.attempt_expired,
            ProblemKind::FormInvalid => self.form_invalid,
            ProblemKind::NoCookies => self.no_cookies,
            ProblemKind::AccountDisabled => self.account_disabled,
            ProblemKind::SignInFirst => self.sign_in_first,
            ProblemKind::Unavailable => self.unavailable,
        }
    }
}

impl Account {
    pub(crate) fn notice(&self, notice: &Notice) -> &'static str {
        match notice {
            Notice::NameSaved => self.name_saved,
            Notice::EmailVerified => self.email_verified,
            Notice::MailSent => self.mail_sent,
            Notice::PasskeyAdded => self.passkey_added,
            Notice::PasskeyRenamed => self.passkey_renamed,
            Notice::PasskeyRemoved => self.passkey_removed,
            Notice::PasswordChanged => self.password_was_changed,
            Notice::PasswordRemoved => self.password_removed,
            Notice::AuthenticatorAdded => self.authenticator_added,
            Notice::AuthenticatorRemoved => self.authenticator_removed,
            Notice::RecoveryCodesSaved => self.codes_saved,
            Notice::SessionEnded => self.session_ended,
            Notice::SessionsEnded => self.sessions_ended,
        }
    }
}
