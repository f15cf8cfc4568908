//! control: the workroom that deploys, configures, and answers about the platform.
//! Guarantees: each operation does only what its permit names; an app is switched to a deployment whole or not at all. (claims C4, C9)
//! Does not: decide who may; compile, run, or hold secrets; it asks the other rooms through ports.
//! Called by: gateway. Calls: store, and the ports of `Ports`.
//! If this is wrong: a half-checked deployment answers, or a member's removal has no effect. docs/security/threats.md#control
#![forbid(unsafe_code)]

mod collect;
mod config;
mod deploy;
mod directory;
mod explain;
mod handlers;
mod input;
mod membership;
mod ports;
#[cfg(any(test, fuzzing))]
pub mod probe;
mod quota;
mod refresh;
mod refuse;
mod release;
mod reply;
mod review;
mod service;
mod standing;
mod tasks;

pub use collect::{CollectError, Collected, Removed};
pub use config::{Config, ConfigError};
pub use ports::{ArtefactPort, AuditPort, KeyFailure, KeyPort, PeoplePort, Ports};
pub use refresh::Refreshed;
pub use release::Restored;
pub use service::{Service, routes};

#[cfg(test)]
mod tests;
