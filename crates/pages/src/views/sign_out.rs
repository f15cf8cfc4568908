//! Signing out.
use super::page;
use crate::{Hidden, Shown};

/// Asks first: a link alone must not sign anybody out.
#[derive(Debug, Clone, Default)]
pub struct SignOut {
    pub hidden: Hidden,
    pub name: Shown,
    pub email: Shown,
}
page!(SignOut, "sign_out.html", |_| 200);

/// Done.
#[derive(Debug, Clone, Default)]
pub struct SignedOut {
    pub hidden: Hidden,
}
page!(SignedOut, "signed_out.html", |_| 200);
