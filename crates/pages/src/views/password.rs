//! Passwords: typing one to sign in, asking for a reset, setting a new one.
use super::{Puzzle, page};
use crate::{Faults, Hidden, PasswordRules, Shown};

/// The second step of signing in. It looks the same for addresses with and without an account.
#[derive(Debug, Clone, Default)]
pub struct PasswordStep {
    pub hidden: Hidden,
    /// The address of the first step.
    pub email: Shown,
    /// Whether "stay signed in on this device" is offered.
    pub keep: bool,
    /// Solved by a script while the password is typed.
    pub puzzle: Option<Puzzle>,
    pub faults: Faults,
}
page!(PasswordStep, "password_step.html", |v| v.faults.status());

/// Asks where to send a reset link. The answer is always `CheckMail`.
#[derive(Debug, Clone, Default)]
pub struct ForgotPassword {
    pub hidden: Hidden,
    pub email: Shown,
    /// Whether this platform can send mail. When not, the page says to ask the operator for a link.
    pub mail: bool,
    pub faults: Faults,
}
page!(ForgotPassword, "forgot_password.html", |v| v.faults.status());

/// Sets a password by the link of a mail.
#[derive(Debug, Clone, Default)]
pub struct NewPassword {
    pub hidden: Hidden,
    /// The secret of the link, carried in the form.
    pub secret: String,
    /// Whose password it is.
    pub email: Shown,
    pub rules: PasswordRules,
    pub faults: Faults,
}
page!(NewPassword, "new_password.html", |v| v.faults.status());
