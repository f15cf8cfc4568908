//! The door through its own sockets. Attacks are raw bytes, since client libraries repair them, and are judged by outcome:
//! what was called, what was answered, how the connection ended. Never by which rule fired.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

mod drain;
mod framing;
mod house;
mod origin;
mod raw;
mod slow;
mod tls;
