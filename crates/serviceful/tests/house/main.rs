//! The whole house: real executables, real sockets, real components.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

mod access;
mod audit;
mod breach;
mod browser;
mod callers;
mod chromium;
mod device;
mod guests;
mod hostile;
mod javascript;
mod memory;
mod newcomer;
mod passkeys;
mod platform;
mod recovery;
mod sign_in;
mod street;
mod upkeep;
