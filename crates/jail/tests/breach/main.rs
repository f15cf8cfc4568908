//! The jail from inside: a process takes a role, closes its doors, and then tries one thing. `examples/probe` is that process.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests start the probe and open sockets for it to reach"
)]

mod attacks;
mod common;
mod landlock_alone;
mod legitimate;
mod plan;
