//! The keeper as a process, driven over its sockets as the supervisor and the front would, and as an attacker would who
//! took over the front.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]
mod artefacts;
mod checkpoints;
mod hostile;
mod life;
mod process;
mod secrets;
mod tokens;
