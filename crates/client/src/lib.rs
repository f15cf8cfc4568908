//! client: the control API as typed calls, and calls of deployed functions.
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

pub use address::{Address, AddressError};
pub use api::{Client, LogLines};
pub use error::ClientError;
pub use exchange::{Answer, Outgoing};

#[cfg(test)]
mod tests;
