//! The interfaces that are the platform's own to serve. One file each.
mod config;
mod identity;

use wasmtime::component::Linker;

use super::guest::Guest;

/// Connects all of them.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    config::add_to_linker(linker)?;
    identity::add_to_linker(linker)
}
