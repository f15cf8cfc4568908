//! The interfaces that are the platform's own to serve, or to refuse. One file each.
mod config;
mod identity;
mod keyvalue;
mod secrets;
mod sockets;

use wasmtime::component::Linker;

use super::guest::Guest;

/// Connects all of them. Call it last: some go over what a library linked.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    config::add_to_linker(linker)?;
    identity::add_to_linker(linker)?;
    keyvalue::add_to_linker(linker)?;
    secrets::add_to_linker(linker)?;
    sockets::close(linker)
}
