//! Somebody is asked for more than they have at hand: what to do, when it is not simply to confirm.
use super::page;
use crate::{Hidden, Shown};

/// A form was sent to a function that asks for a fresh proof first. It was not carried out, and the page does not send it again.
#[derive(Debug, Clone, Default)]
pub struct HeldUp {
    pub hidden: Hidden,
    pub app: Shown,
    pub function: Shown,
    /// The code of the refusal and the request's id, for whoever is asked about it.
    pub code: Shown,
    pub request: Shown,
}
page!(HeldUp, "held_up.html", |_| 401);

/// A function asks for a kind of proof that this account has no means for.
#[derive(Debug, Clone, Default)]
pub struct Lacking {
    pub hidden: Hidden,
    /// Who is signed in.
    pub email: Shown,
    pub app: Shown,
    pub function: Shown,
    /// Whether an authenticator app would do, and can be set up.
    pub authenticator: bool,
    /// Whether the platform can have passkeys. One always does.
    pub passkeys: bool,
}
page!(Lacking, "lacking.html", |_| 403);
