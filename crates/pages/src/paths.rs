//! Where forms are sent and links lead. Whoever serves the pages mounts these.
//!
//! A page of a `GET` and the form on it share a path. All forms are `POST`, all answers to them 303 or a page again.

/// `GET` the first step, `POST` an e-mail address: answered with the password step, whoever it is.
pub const SIGN_IN: &str = "/sign-in";
/// `POST` e-mail address and password.
pub const SIGN_IN_PASSWORD: &str = "/sign-in/password";
/// `POST` a form with `credential`.
pub const SIGN_IN_PASSKEY: &str = "/sign-in/passkey";
/// `POST` the same fields, answered with the options of `navigator.credentials.get`.
pub const SIGN_IN_PASSKEY_OPTIONS: &str = "/sign-in/passkey/options";
/// `GET`/`POST` the code of an authenticator app.
pub const SIGN_IN_CODE: &str = "/sign-in/code";
/// `GET`/`POST` a recovery code in place of the authenticator app.
pub const SIGN_IN_RECOVERY: &str = "/sign-in/recovery";
/// `GET`/`POST` a new account.
pub const SIGN_UP: &str = "/sign-up";
/// `GET`/`POST` the first owner. The code arrives in the fragment of the link.
pub const CLAIM: &str = "/claim";
/// `GET`/`POST` an invitation.
pub const INVITATION: &str = "/invitation";
/// `GET`/`POST` the first credential, for accounts that have none yet.
pub const SET_UP: &str = "/set-up";
/// `POST` the same fields, answered with the options of `navigator.credentials.create`, for every page that makes a passkey.
pub const NEW_PASSKEY_OPTIONS: &str = "/passkey/options";
/// `GET` the page with the button, `POST` the button.
pub const VERIFY_EMAIL: &str = "/verify-email";
/// `GET`/`POST` the request for a reset link.
pub const FORGOT: &str = "/forgot-password";
/// `GET`/`POST` the new password, with the secret of the link.
pub const RESET: &str = "/reset-password";
/// `GET`/`POST` the question whether it is still them, before something sensitive. `POST` takes a password or a code.
pub const CONFIRM: &str = "/confirm";
/// `POST` a form with `credential`.
pub const CONFIRM_PASSKEY: &str = "/confirm/passkey";
/// `POST` the same fields, answered with the options of `navigator.credentials.get`.
pub const CONFIRM_PASSKEY_OPTIONS: &str = "/confirm/passkey/options";
/// `GET`/`POST` a recovery code in place of the passkey or the authenticator app, with the password where there is one.
pub const CONFIRM_RECOVERY: &str = "/confirm/recovery";
/// `GET` the account page.
pub const ACCOUNT: &str = "/account";
/// `POST` the name.
pub const ACCOUNT_PROFILE: &str = "/account/profile";
/// `POST` asks for another verification mail.
pub const ACCOUNT_VERIFY: &str = "/account/verify-email";
/// `GET`/`POST` a new passkey: `credential` and `label`.
pub const ACCOUNT_PASSKEYS: &str = "/account/passkeys";
/// `POST` `id` and `label`.
pub const ACCOUNT_PASSKEY_RENAME: &str = "/account/passkeys/rename";
/// `GET ?id=` asks, `POST` removes.
pub const ACCOUNT_PASSKEY_REMOVE: &str = "/account/passkeys/remove";
/// `GET`/`POST` a change of password.
pub const ACCOUNT_PASSWORD: &str = "/account/password";
/// `GET` asks, `POST` removes.
pub const ACCOUNT_PASSWORD_REMOVE: &str = "/account/password/remove";
/// `GET`/`POST` setting up an authenticator app.
pub const ACCOUNT_AUTHENTICATOR: &str = "/account/authenticator";
/// `GET` asks, `POST` removes.
pub const ACCOUNT_AUTHENTICATOR_REMOVE: &str = "/account/authenticator/remove";
/// `GET` asks, `POST` makes new recovery codes and shows them.
pub const ACCOUNT_RECOVERY: &str = "/account/recovery-codes";
/// `POST` that they were saved.
pub const ACCOUNT_RECOVERY_SAVED: &str = "/account/recovery-codes/saved";
/// `POST` `id`: ends one session.
pub const ACCOUNT_SESSION_END: &str = "/account/sessions/end";
/// `POST`: ends all sessions but this one.
pub const ACCOUNT_SESSIONS_END: &str = "/account/sessions/end-others";
/// `GET` asks, `POST` signs out.
pub const SIGN_OUT: &str = "/sign-out";
/// `POST`: signs out and goes to sign-in, keeping the destination.
pub const SWITCH: &str = "/switch-account";
/// `POST` a request for access.
pub const REQUEST_ACCESS: &str = "/request-access";
/// `POST` the answer to a puzzle, or that the person waited.
pub const SLOW_DOWN: &str = "/slow-down";
/// `GET`/`POST` the command line's request to sign in.
pub const CLI: &str = "/cli";

/// All of them.
pub const ALL: &[&str] = &[
    SIGN_IN,
    SIGN_IN_PASSWORD,
    SIGN_IN_PASSKEY,
    SIGN_IN_PASSKEY_OPTIONS,
    SIGN_IN_CODE,
    SIGN_IN_RECOVERY,
    SIGN_UP,
    CLAIM,
    INVITATION,
    SET_UP,
    NEW_PASSKEY_OPTIONS,
    VERIFY_EMAIL,
    FORGOT,
    RESET,
    CONFIRM,
    CONFIRM_PASSKEY,
    CONFIRM_PASSKEY_OPTIONS,
    CONFIRM_RECOVERY,
    ACCOUNT,
    ACCOUNT_PROFILE,
    ACCOUNT_VERIFY,
    ACCOUNT_PASSKEYS,
    ACCOUNT_PASSKEY_RENAME,
    ACCOUNT_PASSKEY_REMOVE,
    ACCOUNT_PASSWORD,
    ACCOUNT_PASSWORD_REMOVE,
    ACCOUNT_AUTHENTICATOR,
    ACCOUNT_AUTHENTICATOR_REMOVE,
    ACCOUNT_RECOVERY,
    ACCOUNT_RECOVERY_SAVED,
    ACCOUNT_SESSION_END,
    ACCOUNT_SESSIONS_END,
    SIGN_OUT,
    SWITCH,
    REQUEST_ACCESS,
    SLOW_DOWN,
    CLI,
];
