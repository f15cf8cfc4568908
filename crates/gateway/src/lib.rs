//! gateway: the one path every request takes, in a fixed order, and the passes that prove each step.
//! Guarantees: nothing runs without a `Permit`; only this crate can make one; every walk leaves exactly one audit event, refused or not. (claims C2, C4, C7)
//! Does not: parse the wire, know users, decide, run code, or hold a network address.
//! Called by: front-door (arrivals), the composition root. Calls: the rooms, through the traits of `port.rs`.
//! If this is wrong: code runs for somebody who may not run it, or runs unseen. docs/security/threats.md#gateway
#![forbid(unsafe_code)]

mod arrival;
mod body;
mod credentials;
mod cx;
mod house;
mod intent;
mod outcome;
mod pass;
mod port;
mod refusal;
mod release;
mod routes;
mod walk;

pub use arrival::{Ambient, Arrival, Channel};
pub use body::{Body, BodyError};
pub use credentials::{CredentialFailure, CredentialPort, NewClaim, NewCredential};
pub use cx::Ctx;
pub use house::House;
pub use intent::{ControlCall, Intent, PathParams};
pub use outcome::{Ran, Reply};
pub use pass::{Admitted, Identified, Invocation, Permit};
pub use port::{Admit, Decide, Decision, Denial, Fut, Identify, Work};
pub use refusal::{Refusal, SecurityClass};
pub use release::{
    CompileFailure, ComponentPort, Inspection, LogLine, LogPort, PolicyPort, PolicyProblem, PosturePort, Release,
    ReleasePort, Site,
};
pub use routes::{ControlRoute, Names, RouteConflict, Routes};
pub use walk::Answer;

/// What rooms need to record events of their own.
pub mod events {
    pub use ::audit::{Event, Kind, Outcome, Record, Who};
}
