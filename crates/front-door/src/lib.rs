//! front-door: lets a request in, or says why not.
//! Guarantees: bounds of size, time and number hold before any other room is asked; one host, one path, one framing, or a refusal. (claims C6, C7)
//! Does not: know users, interpret bodies, route, or use the peer's address for anything but a count of connections.
//! Called by: gateway (`Admit`), the composition root (`Service`). Calls: gateway.
//! If this is wrong: an attacker exhausts memory, or a browser is turned against its user. docs/security/threats.md#front-door
#![forbid(unsafe_code)]

mod authority;
mod census;
mod certificates;
mod config;
mod connection;
mod counters;
mod door;
mod error;
mod fields;
mod flow;
mod framing;
mod gate;
mod inbound;
mod lane;
mod node;
mod outbound;
#[cfg(any(test, fuzzing))]
pub mod probe;
mod reserved;
mod scan;
mod service;
mod stream;
mod target;
mod watch;

pub use certificates::{CertificateFile, Certificates, FileCertificates};
pub use config::{Config, ConfigError};
pub use counters::Counters;
pub use door::Door;
pub use error::{CertificateError, DoorError};
pub use service::{Drained, Service};
