//! Signed in, and not allowed.
use super::page;
use crate::{Age, Hidden, Shown};

/// Says who they are, what they asked for, and how to get it.
#[derive(Debug, Clone, Default)]
pub struct Denied {
    pub hidden: Hidden,
    /// Their name. May be empty.
    pub name: Shown,
    pub email: Shown,
    pub app: Shown,
    /// What they asked for: `GET /orders/7`. May be empty.
    pub asked: Shown,
    /// Who can let them in, as they may know it: a name or an address.
    pub owner: Option<Shown>,
    pub access: AccessRequest,
    /// What was typed into the request, when the form came back.
    pub message: Shown,
    /// The code of the refusal (`POL-001`) and the request's id, for whoever is asked about it.
    pub code: Shown,
    pub request: Shown,
    pub faults: crate::Faults,
}

/// The way to ask for access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AccessRequest {
    /// There is none here: ask the owner by other means.
    #[default]
    None,
    /// A form.
    Open,
    /// It was asked already.
    Sent { age: Age },
}
page!(Denied, "denied.html", |_| 403);
