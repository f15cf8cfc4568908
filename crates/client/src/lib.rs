//! client: the control API as typed calls, calls of deployed functions, and signing in.
//! Guarantees: a credential is sent only to the address it was made for, and never in clear over a network. (claim C4)
//! Does not: keep credentials, retry what may have happened, or follow redirects.
//! Called by: the CLI. Calls: control-api's types.
//! If this is wrong: a token reaches somebody who may use it. docs/security/threats.md#client
#![forbid(unsafe_code)]

mod address;
mod api;
mod connect;
mod error;
mod exchange;
mod login;
mod loopback;
mod proof;

pub use address::{Address, AddressError};
pub use api::{Client, Holder, LogLines};
pub use error::ClientError;
pub use exchange::{Answer, Outgoing};
pub use login::{Attempt, SignIn, Tokens, Who};
pub use loopback::{Brought, Loopback, Wanted};
pub use proof::{Bound, ProofKey};

#[cfg(test)]
mod tests;
