//! The executable, on projects that these tests write.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, clippy::panic, reason = "tests")]

mod hostile;
mod maps;
mod outside;
mod packages;
mod project;
mod same;
mod source_map;
mod takes;
mod tells;
