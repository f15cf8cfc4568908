//! The pages, one file a noun. Each is a struct of what varies, with `render`.
mod account;
mod account_changes;
mod authenticator;
mod claim;
mod cli;
mod confirm;
mod denied;
mod invitation;
mod mail;
mod password;
mod problem;
mod recovery;
mod refused;
mod set_up;
mod sign_in;
mod sign_out;
mod sign_up;
mod slow_down;
mod step_up;

pub use account::{Account, Authenticator, Notice, Passkey, PasswordState, Session};
pub use account_changes::{AddPasskey, ChangePassword, Removal, Remove};
pub use authenticator::{AuthenticatorChallenge, AuthenticatorSetUp};
pub use claim::Claim;
pub use cli::{CliConfirm, CliDone, CliPaste};
pub use confirm::{Confirm, ConfirmReason};
pub use denied::{AccessRequest, Denied};
pub use invitation::Invitation;
pub use mail::{CheckMail, MailPurpose, VerifyEmail};
pub use password::{ForgotPassword, NewPassword, PasswordStep};
pub use problem::{Problem, ProblemKind};
pub use recovery::{RecoveryAfter, RecoveryChallenge, RecoveryCodes};
pub use refused::{Refused, RefusedKind};
pub use set_up::SetUp;
pub use sign_in::SignIn;
pub use sign_out::{SignOut, SignedOut};
pub use sign_up::{SignUp, SignUpMode};
pub use slow_down::{Puzzle, SlowDown};
pub use step_up::{HeldUp, Lacking};

/// Gives a view its template and its `render`. In the template, `v` is the view, `f` the frame and `t` the words.
macro_rules! page {
    ($view:ident, $template:tt, $status:expr) => {
        const _: () = {
            #[derive(askama::Template)]
            #[template(path = $template)]
            struct Html<'a> {
                v: &'a $view,
                f: &'a crate::Frame,
                t: &'static crate::strings::Strings,
            }
            impl $view {
                /// The page, ready to send.
                pub fn render(&self, frame: &crate::Frame) -> crate::Page {
                    let status: fn(&$view) -> u16 = $status;
                    crate::Page::of(status(self), &Html { v: self, f: frame, t: frame.lang.strings() })
                }
            }
        };
    };
}
use page;
