//! The whole house: real executables, real sockets, real components.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

mod access;
mod audit;
mod breach;
mod browser;
mod callers;
mod catcher;
mod chromium;
mod device;
mod guests;
mod hostile;
mod javascript;
mod key_holder;
mod key_values;
mod login;
mod mail;
mod memory;
mod newcomer;
mod oauth;
mod passkeys;
mod platform;
mod recovery;
mod secrets;
mod sign_in;
mod step_up;
mod street;
mod upkeep;
