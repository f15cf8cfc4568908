//! The first credential of an account.
use super::page;
use crate::{Choice, Faults, Hidden, Shown};

/// For accounts whose address is verified and that cannot sign in by themselves yet: after sign-up, claim or invitation.
#[derive(Debug, Clone, Default)]
pub struct SetUp {
    pub hidden: Hidden,
    pub email: Shown,
    pub choice: Choice,
    pub faults: Faults,
}
page!(SetUp, "set_up.html", |v| v.faults.status());
