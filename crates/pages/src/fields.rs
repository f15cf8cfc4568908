//! The names of form fields, as they come back. A test holds the templates to this list.

/// Proof that the form is ours. On every form.
pub const TOKEN: &str = "token";
/// The attempt. On every form.
pub const TX: &str = "tx";
pub const EMAIL: &str = "email";
pub const NAME: &str = "name";
/// The password that is set already.
pub const PASSWORD: &str = "password";
/// A password to set.
pub const NEW_PASSWORD: &str = "new_password";
/// Present (`on`) when the person wants to stay signed in on this device.
pub const KEEP: &str = "keep";
/// Six digits of an authenticator app. Spaces may be in it.
pub const CODE: &str = "code";
/// One recovery code. Spaces, dashes and lower case may be in it.
pub const RECOVERY_CODE: &str = "recovery_code";
/// What the browser made with a passkey: JSON of `PublicKeyCredential`. Not empty means: this form was sent with a passkey.
pub const CREDENTIAL: &str = "credential";
/// What the options of a passkey came with, sealed: which ceremony the answer belongs to.
pub const CEREMONY: &str = "ceremony";
/// Where a confirmation leads back to.
pub const TO: &str = "to";
/// The code of a claim link, or the secret of a link in a mail.
pub const SECRET: &str = "secret";
/// Which passkey or session is meant.
pub const ID: &str = "id";
/// What a passkey shall be called.
pub const LABEL: &str = "label";
/// A word to the owner of an app, with a request for access.
pub const MESSAGE: &str = "message";
/// The answer to a puzzle: a decimal number, or empty when the person waited instead.
pub const SOLUTION: &str = "solution";
/// The challenge that the answer is for.
pub const PUZZLE: &str = "puzzle";
/// `allow` or `refuse`: which button was pressed.
pub const ANSWER: &str = "answer";
/// Present (`on`) when recovery codes were put away.
pub const SAVED: &str = "saved";

/// What a page shall carry on, sealed by whoever serves it: the password that waits with its owner, the codes that are shown
/// again.
pub const CARRIED: &str = "carried";

/// The longest name of a person, in characters. What the browser stops at and what the platform refuses is one number.
pub const NAME_CHARACTERS_MAX: u16 = 80;
/// The longest name of a passkey, in characters.
pub const LABEL_CHARACTERS_MAX: u16 = 64;

/// All of them.
pub const ALL: &[&str] = &[
    TOKEN,
    TX,
    EMAIL,
    NAME,
    PASSWORD,
    NEW_PASSWORD,
    KEEP,
    CODE,
    RECOVERY_CODE,
    CREDENTIAL,
    CEREMONY,
    TO,
    SECRET,
    ID,
    LABEL,
    MESSAGE,
    SOLUTION,
    PUZZLE,
    ANSWER,
    SAVED,
    CARRIED,
];
