//! keeper: the process that holds the keys; others ask it for signatures, password hashes and seals, keys never leave it.
//! Guarantees: signs typed statements only; a password leaves as a hash only, within a bounded queue; never two histories of the audit log; each key and each artefact signature is in its own log before it is used. (claims C2, C5, C10)
//! Does not: reach the network, run guests, or sign bytes that somebody else composed.
//! Called by: the supervisor (starts it), front (asks). Calls: audit, jail.
//! If this is wrong: whoever takes over the front rewrites history unseen, has native code of their own loaded, or guesses at passwords with a stolen store. docs/security/threats.md#keeper
#![forbid(unsafe_code)]

mod builds;
mod desk;
mod error;
mod folder;
mod journal;
mod key;
mod secrets;
mod seen;
mod service;
mod throttle;
mod tokens;
mod witness;

pub use error::KeeperError;
pub use secrets::password::Strength;
pub use service::{Setting, run};
