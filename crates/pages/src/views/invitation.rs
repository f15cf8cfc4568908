//! Accepting an invitation, and the end of signing up.
use super::page;
use crate::{Choice, Faults, Hidden, Shown};

/// Reached by the link of an invitation.
#[derive(Debug, Clone, Default)]
pub struct Invitation {
    pub hidden: Hidden,
    /// The secret of the link, carried in the form.
    pub secret: String,
    /// Who invited them; without a name, whoever runs the platform. `None`: nobody, they signed up.
    pub inviter: Option<Shown>,
    /// The app they are invited to. `None`: to the platform.
    pub app: Option<Shown>,
    /// The address that was invited. Not changeable.
    pub email: Shown,
    pub name: Shown,
    /// Who is signed in now, if somebody is: then the page only asks whether to accept as them.
    pub signed_in: Option<Shown>,
    /// How they will sign in. `None` when that is asked next (`SetUp`), or they are signed in.
    pub choice: Option<Choice>,
    pub faults: Faults,
}
page!(Invitation, "invitation.html", |v| v.faults.status());
