//! mailer: takes mails to the operator's server, over one connection that it made before it closed its doors.
//! Guarantees: no mail and no password crosses a network in clear; after the first byte from outside the process can open nothing, connect to nothing and start nothing. (claims C3, C7)
//! Does not: decide who gets a mail or what it says, keep one, or try one again.
//! Called by: the supervisor (starts it), front (gives it mails). Calls: jail.
//! If this is wrong: whoever runs the mail server, or sits in between, reads links that set passwords, or gets into the machine. docs/security/threats.md#mailer
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod config;
mod dial;
mod error;
mod message;
mod secure;
mod service;
mod talk;

pub use config::{Config, ConfigError, Tls};
pub use error::MailerError;
pub use service::{Setting, run};
