//! manifest: reads `serviceful.toml` and says everything that is wrong with it at once.
//! Guarantees: an accepted manifest means exactly what is written: no unknown key, no default that opens anything, no path that leaves the folder. (claim C4)
//! Does not: read files, compile, decide, or repair; a manifest with one error is refused whole.
//! Called by: control, the CLI. Calls: types.
//! If this is wrong: a function is open although its author believes it is closed. docs/security/threats.md#manifest
#![forbid(unsafe_code)]

mod bounds;
mod demand;
mod error;
mod findings;
mod function;
mod keys;
mod limits;
mod model;
mod parse;
mod path;
#[cfg(any(test, fuzzing))]
pub mod probe;
mod routes;
mod sheet;
mod target;

#[cfg(test)]
mod tests;

pub use bounds::{ERRORS_MAX, FUNCTIONS_MAX, TEXT_BYTES_MAX};
pub use error::ManifestError;
pub use keys::{KnownKey, known_keys, nearest};
pub use model::{Build, Code, Component, Function, Manifest};
