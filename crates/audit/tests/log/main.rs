//! The log through its handle: what is promised holds, on a bad day too. Nothing here starts a process: see `tests/process`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests measure time")]
mod crash;
mod fixture;
mod reading;
#[path = "../../examples/recorder/signer.rs"]
mod signer;
mod tamper;
mod writing;
