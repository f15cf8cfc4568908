//! The shared JavaScript engine: one module for every function written in JavaScript, and what connects it.
//!
//! `js/engine` builds to one WebAssembly module, installed beside this executable. [`split`] takes its memory and data out, so
//! that the code is compiled once a build; a function is an [`image`] of the memory after its source was evaluated. The
//! `snapshot` role makes images, `work/js` runs each request in a fresh instance over one.
pub(crate) mod abi;
pub(crate) mod builtin;
pub(crate) mod crypto;
pub(crate) mod hint;
pub(crate) mod image;
pub(crate) mod installed;
pub(crate) mod list;
pub(crate) mod map;
pub(crate) mod pattern;
pub(crate) mod place;
pub(crate) mod split;
pub(crate) mod text;
pub(crate) mod wasi;
mod zone;
