//! How somebody will sign in from now on: a passkey, or a password.

/// The part of a page that lets a person choose their first credential.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Whether a passkey can be made here. The first offer, when it can.
    pub passkeys: bool,
    /// What a password must be, where passwords are allowed at all.
    pub passwords: Option<PasswordRules>,
}

/// What a new password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest characters: 15, or 8 where a second factor is enforced.
    pub characters_min: u16,
    /// Most characters.
    pub characters_max: u16,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { characters_min: 15, characters_max: 128 }
    }
}
