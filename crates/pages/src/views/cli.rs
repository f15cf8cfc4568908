//! Signing the command line in.
use super::page;
use crate::{Hidden, Shown, strings::Strings};

/// "The command line on this computer asks to sign in as …": reached when `serviceful login` opened the browser.
#[derive(Debug, Clone, Default)]
pub struct CliConfirm {
    pub hidden: Hidden,
    pub name: Shown,
    pub email: Shown,
    /// The computer's name as the command line gave it. Anybody can write anything there, and the page treats it so.
    pub computer: Option<Shown>,
    /// A short code that the terminal shows, too. The person compares.
    pub code: Shown,
    /// Whether the command line runs elsewhere (`--paste`): the page warns, and gives a code next (`CliPaste`).
    pub paste: bool,
}
page!(CliConfirm, "cli_confirm.html", |_| 200);

/// Shows the code to type into a terminal without a browser.
#[derive(Debug, Clone, Default)]
pub struct CliPaste {
    pub hidden: Hidden,
    pub email: Shown,
    pub code: String,
    /// How many minutes it works.
    pub minutes: u32,
}
impl CliPaste {
    pub(crate) fn works_for(&self, t: &Strings) -> String {
        (t.code_works_for)(self.minutes)
    }
}
page!(CliPaste, "cli_paste.html", |_| 200);

/// The command line has what it needs, or was refused: the window can be closed.
#[derive(Debug, Clone, Default)]
pub struct CliDone {
    pub hidden: Hidden,
    pub allowed: bool,
}
page!(CliDone, "cli_done.html", |_| 200);
