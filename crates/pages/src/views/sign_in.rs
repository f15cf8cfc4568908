//! The first step of signing in.
use super::page;
use crate::{Faults, Hidden, Shown};

/// A passkey at the top; below it an address, which leads to the password step whoever it is, so that nobody learns here who
/// has an account.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    pub hidden: Hidden,
    /// What was typed, or a hint of who it may be. May be empty.
    pub email: Shown,
    /// Whether passwords are allowed on this platform: shows the address and "Continue".
    pub passwords: bool,
    /// Whether to offer making an account: sign-up is `domain` or `open`.
    pub sign_up: bool,
    pub faults: Faults,
}
page!(SignIn, "sign_in.html", |v| v.faults.status());
