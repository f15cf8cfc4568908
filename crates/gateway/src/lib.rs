//! gateway: the one path every request takes, in a fixed order, and the passes that prove each step.
//! Guarantees: nothing runs without a `Permit`; only this crate can make one; every walk leaves exactly one audit event, refused or not. (claims C2, C4, C7)
//! Does not: parse the wire, know users, decide, run code, or hold a network address.
//! Called by: front-door (arrivals), the composition root. Calls: the rooms, through the traits of `port.rs`.
//! If this is wrong: code runs for somebody who may not run it, or runs unseen. docs/security/threats.md#gateway
#![forbid(unsafe_code)]

mod arrival;
mod asking;
mod body;
mod breach_list;
mod cookies;
mod credentials;
mod cx;
mod errand;
mod house;
mod intent;
mod logins;
mod mail;
mod outcome;
mod pass;
mod port;
mod refusal;
mod release;
mod review;
mod routes;
mod sessions;
mod tokens;
mod vault;
mod walk;

#[cfg(any(test, fuzzing))]
pub mod probe;

pub use arrival::{Ambient, Arrival, Channel, Neighbourhood, Sender};
pub use asking::{Answered, Ask, Question};
pub use body::{Body, BodyError};
pub use breach_list::{BREACH_LIST_BYTES_MAX, BreachListError, BreachListFacts, BreachListPort, BreachListState};
pub use cookies::{ATTEMPT_PREFIX, Cookies, OUR_PREFIX, SESSION_COOKIE, SSO_COOKIE, set_cookie};
pub use credentials::{CredentialFailure, CredentialPort, NewClaim, NewCredential};
pub use cx::Ctx;
pub use house::House;
pub use intent::{ControlCall, Intent, PathParams, SignInCall};
pub use logins::{LoginFailure, LoginPort, LoginTokens, NewLogin, RefreshFailure, Wanted};
pub use mail::{Letter, MailPort, Post, PostError};
pub use outcome::{Ran, Reply};
pub use pass::{Admitted, Identified, Invocation, Permit, Visit};
#[cfg(feature = "test-util")]
pub use port::NoSignIn;
pub use port::{Admit, Decide, Decision, Denial, Fut, Identify, Place, Reception, Recognised, Way, Work};
pub use refusal::{Document, Refusal, SecurityClass};
pub use release::{
    CompileFailure, ComponentPort, Declared, Inspection, LogLine, LogPort, PolicyPort, PolicyProblem, PosturePort,
    Release, ReleaseGroup, ReleasePort, Site,
};
pub use review::{Class, Draft, Gain, Probe, Reach, Reads, ReviewPort, Rule, Subject, Widening};
pub use routes::{AppRoutes, ControlRoute, Desk, Names, RESERVED_PATH, RouteConflict, Routes, SignInRoute};
pub use sessions::{MembershipPort, NameFailure, NewInvitation, NewLink, NewSession, Renaming, SessionPort};
pub use tokens::{NewToken, SignedToken, TOKEN_LIFE_S_MAX, TokenKey, TokenKeyState, TokenPort};
pub use vault::{PasswordVerdict, SealedFor, SecretPort, VaultError, VaultPort};
pub use walk::Answer;

/// What rooms need to record events of their own.
pub mod events {
    pub use ::audit::{Event, Kind, Outcome, Record, Who};
}
