//! Mails: one was sent, or one was followed.
use super::page;
use crate::{Hidden, Shown, strings::Strings};

/// "Check your mail." Shown whether or not a mail was sent, so that nobody learns who has an account.
#[derive(Debug, Clone, Default)]
pub struct CheckMail {
    pub hidden: Hidden,
    pub purpose: MailPurpose,
    /// Where it went, as it was typed.
    pub email: Shown,
    /// How many minutes the link works.
    pub minutes: u32,
}

/// What the mail is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MailPurpose {
    /// To finish signing up, or to verify an address.
    #[default]
    Verify,
    /// To set a new password.
    Reset,
}
impl CheckMail {
    pub(crate) fn works_for(&self, t: &Strings) -> String {
        (t.works_for)(self.minutes)
    }
}
page!(CheckMail, "check_mail.html", |_| 200);

/// Behind the link of a verification mail: a button. Opening the link does nothing by itself, because programs that scan
/// mail open links, too.
#[derive(Debug, Clone, Default)]
pub struct VerifyEmail {
    pub hidden: Hidden,
    /// The secret of the link, carried in the form.
    pub secret: String,
    pub email: Shown,
}
page!(VerifyEmail, "verify_email.html", |_| 200);
