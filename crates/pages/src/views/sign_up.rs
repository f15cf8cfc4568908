//! A new account.
use super::page;
use crate::{Choice, Faults, Hidden, Shown};

/// Asks for name and address. The answer is always `CheckMail`, whether the address has an account or not.
#[derive(Debug, Clone, Default)]
pub struct SignUp {
    pub hidden: Hidden,
    pub mode: SignUpMode,
    pub name: Shown,
    pub email: Shown,
    /// How they will sign in. `None` when that is asked after the address is verified (`SetUp`).
    pub choice: Option<Choice>,
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
