//! Authenticator apps (TOTP).
use super::page;
use crate::{Faults, Hidden, Shown, qr::Qr};

/// Sets one up: a picture to scan, the same as text, and a first code to prove it.
#[derive(Debug, Clone, Default)]
pub struct AuthenticatorSetUp {
    pub hidden: Hidden,
    /// `otpauth://totp/…`, drawn as a QR code. One that is too long for a QR code leaves the text only.
    pub uri: String,
    /// The secret in base32, shown in groups of four.
    pub secret: String,
    /// Whether the person may leave it for later. Not where policy or a first password asks for it.
    pub skippable: bool,
    pub faults: Faults,
}

impl AuthenticatorSetUp {
    pub(crate) fn qr(&self) -> Option<Qr> {
        Qr::of(&self.uri)
    }

    pub(crate) fn groups(&self) -> String {
        let characters: Vec<char> = self.secret.chars().collect();
        characters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}
page!(AuthenticatorSetUp, "authenticator_set_up.html", |v| v.faults.status());

/// Asks for a code, after the password was right.
#[derive(Debug, Clone, Default)]
pub struct AuthenticatorChallenge {
    pub hidden: Hidden,
    pub email: Shown,
    /// Whether a recovery code may be used instead.
    pub recovery: bool,
    pub faults: Faults,
}
page!(AuthenticatorChallenge, "authenticator_challenge.html", |v| v.faults.status());
