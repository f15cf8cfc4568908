//! sign-in: the pages where a stranger becomes somebody, and the way from an app to them and back.
//! Guarantees: unknown people and wrong passwords get one answer; attempts are limited and nobody is shut out for ever; what a browser carries is sealed or hashed, bound to its origin, and good once. (claims C3, C4)
//! Does not: decide who may call what, hold a key or a password, draw a page, or say who sends a request (identity does, from the sessions that are opened here).
//! Called by: gateway. Calls: store, the keeper and identity through the gateway's ports, pages.
//! If this is wrong: somebody signs in as somebody else. docs/security/threats.md#sign-in
#![forbid(unsafe_code)]

mod reception;
mod routes;
mod service;

mod access;
mod account;
mod authenticator;
mod callback;
mod claim;
mod confirm;
mod first;
mod invitation;
mod passkey;
mod passkeys;
mod password;
mod recovery;
mod removal;
mod second;
mod sign_out;

mod answer;
mod ask;
mod ceremony;
mod device;
mod finish;
mod form;
mod keys;
mod limits;
mod newcomer;
mod recent;
mod secret;
mod trip;

#[cfg(any(test, fuzzing))]
pub mod probe;

pub use routes::routes;
pub use service::{Ports, Service};
