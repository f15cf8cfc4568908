//! A new account.
use super::page;
use crate::{Faults, Hidden, Shown};

/// Asks for an address and nothing else: what is typed before the address is verified counts for nothing, so that nobody can
/// make an account ready for somebody else. The answer is always `CheckMail`, whether the address has an account or not.
#[derive(Debug, Clone, Default)]
pub struct SignUp {
    pub hidden: Hidden,
    pub mode: SignUpMode,
    pub email: Shown,
    pub faults: Faults,
}

/// Who may sign up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SignUpMode {
    /// Nobody: the page says so.
    Off,
    /// Who was invited: the page says to use the link of the invitation.
    #[default]
    Invite,
    /// Addresses of these domains: the page names them.
    Domain(Vec<Shown>),
    /// Everybody.
    Open,
}

impl SignUp {
    /// Whether there is a form.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.mode, SignUpMode::Domain(_) | SignUpMode::Open)
    }
}
page!(SignUp, "sign_up.html", |v| v.faults.status());
