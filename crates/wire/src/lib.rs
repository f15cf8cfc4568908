//! wire: how the platform's own processes talk: length-framed binary messages over inherited Unix sockets, with descriptors beside them.
//! Guarantees: a frame is complete or not delivered; sizes and counts are checked before memory is reserved; a peer's lie ends the channel, not the process.
//! Does not: know who the peer is (holding the descriptor is the authority), retry, or decide.
//! Called by: supervisor, front, keeper, engine, bundler, command line. Calls: nothing.
//! If this is wrong: a hostile worker corrupts or exhausts the process that talks to it. docs/security/threats.md#wire
#![forbid(unsafe_code)]

/// The document that the bundler answers with.
pub mod bundle;
mod channel;
pub mod compile;
mod frame;
pub mod keeper;
pub mod mail;
#[cfg(any(test, fuzzing))]
pub mod probe;
pub mod supervisor;
pub mod work;

pub use channel::{Channel, ChannelError, Receiver, Sender, inherited, pair};
pub use frame::{CHUNK_BYTES_MAX, FDS_MAX, FRAME_BYTES_MAX, Frame, FrameError, decode, encode};
