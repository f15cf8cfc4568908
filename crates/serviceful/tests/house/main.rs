//! The whole house: real executables, real sockets, real components.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

mod access;
mod allowed;
mod audit;
mod breach;
mod browser;
mod callers;
mod catcher;
mod chromium;
mod development;
mod device;
mod directory;
mod guests;
mod hostile;
mod independent;
mod javascript;
mod key_holder;
mod key_values;
mod login;
mod mail;
mod memory;
mod newcomer;
mod oauth;
mod oauth_client;
mod passkeys;
mod passwords;
mod platform;
mod recovery;
mod secrets;
mod sign_in;
mod step_up;
mod street;
mod stuffing;
mod token_keys;
mod upkeep;
