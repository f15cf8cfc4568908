//! identity: says who is calling, or that it is a stranger.
//! Guarantees: garbage is refused before any hash or store access; a revoked credential is refused by the next request; secrets are kept as hashes only. (claims C3, C4)
//! Does not: decide what a caller may do, sign anybody in, read the query, or take a network position for an identity.
//! Called by: gateway, control (through `CredentialPort`). Calls: store.
//! If this is wrong: somebody acts as somebody else, or goes on acting after they were shut out. docs/security/threats.md#identity
#![forbid(unsafe_code)]

mod acting;
mod config;
mod service;

mod bearer;
mod keys;
mod proof;
mod reason;
mod seen;
mod sessions;
mod signed;
mod token;
mod used;

mod claims;
mod credentials;
mod logins;
mod names;
#[cfg(any(test, fuzzing))]
pub mod probe;

// NOT HERE: passwords, second factors and the pages that ask for them. They are the room `sign-in`, which opens sessions here.

pub use acting::{Act, Acting};
pub use config::{Config, Life};
pub use keys::RotateFailure;
pub use service::{Ports, Service};
