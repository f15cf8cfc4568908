//! keeper: the process that holds the signing keys; others ask it for signatures, keys never leave it.
//! Guarantees: signs typed statements only; never two histories of the audit log; each key and each artefact signature is in its own log before it is used. (claims C2, C5, C10)
//! Does not: reach the network, run guests, or sign bytes that somebody else composed.
//! Called by: the supervisor (starts it), front (asks). Calls: audit, jail.
//! If this is wrong: whoever takes over the front rewrites history unseen, or has native code of their own loaded. docs/security/threats.md#keeper
#![forbid(unsafe_code)]

mod builds;
mod desk;
mod error;
mod folder;
mod journal;
mod key;
mod seen;
mod service;
mod throttle;
mod witness;

pub use error::KeeperError;
pub use service::{Setting, run};
