//! The first owner of a new platform.
use super::page;
use crate::{Choice, Faults, Hidden, Shown};

/// Reached by the one-time link of the terminal. Its code stands in the fragment, which no server and no log sees; a script
/// moves it into the form, and without scripts people paste it.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    pub hidden: Hidden,
    /// Whether somebody owns the platform already: then this makes one more owner.
    pub again: bool,
    /// The code, when the form came back. Empty at first.
    pub secret: String,
    pub name: Shown,
    pub email: Shown,
    /// How they will sign in. `None` when that is asked on a page of its own (`SetUp`) next.
    pub choice: Option<Choice>,
    pub faults: Faults,
}
page!(Claim, "claim.html", |v| v.faults.status());
