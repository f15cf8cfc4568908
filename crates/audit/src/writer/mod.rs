//! The writing side: one queue, one thread that appends, one that builds the tree.
mod flusher;
mod log;
mod queue;
mod recover;
mod sequencer;
mod shared;
mod tiles;

pub(crate) use shared::Shared;

pub use log::{Log, LogOptions, Status};
pub use recover::{OpenError, Recovered};
