//! sign-in: the pages where a stranger becomes somebody, and the way from an app to them and back.
//! Guarantees: unknown people and wrong passwords get one answer; attempts are limited and nobody is shut out for ever; what a browser carries is sealed or hashed, bound to its origin, and good once. (claims C3, C4)
//! Does not: decide who may call what, hold a key or a password, draw a page, or say who sends a request (identity does, from the sessions that are opened here).
//! Called by: gateway. Calls: store, the keeper, identity and the outbox through the gateway's ports, pages.
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
mod cli;
mod confirm;
mod discovery;
mod exchange;
mod first;
mod invitation;
mod lost;
mod passkey;
mod passkeys;
mod password;
mod push;
mod recovery;
mod removal;
mod reset;
mod second;
mod sign_out;
mod sign_up;
mod slow_down;
mod verify;

mod answer;
mod ask;
pub mod breach_list;
mod carried;
mod ceremony;
mod client;
mod device;
mod errands;
mod finish;
mod form;
mod keys;
mod known;
mod limits;
mod new_password;
mod newcomer;
mod profile;
mod protocol;
mod puzzle;
mod recent;
mod secret;
mod sign_up_mode;
mod stuffing;
mod trip;
mod used;

#[cfg(any(test, fuzzing))]
pub mod probe;

pub use routes::routes;
pub use service::{Ports, Service};
pub use sign_up_mode::{Mode, SignUp};
