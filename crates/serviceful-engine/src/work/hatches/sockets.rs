//! `wasi:sockets`: linked, because plain builds import it, and closed. Every way to a socket or a name is refused here,
//! before the library behind it is reached, and reported.
//!
//! SECURITY: three locks say no: these functions, the library's own switches (`guest.rs`), and the jail, which kills a
//! worker that makes a socket.
use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource},
};
use wasmtime_wasi::{
    p2::{Network, TcpSocket as TcpP2, UdpSocket as UdpP2, bindings::sockets as p2},
    p3::bindings::sockets as p3,
};

use crate::work::guest::Guest;

/// What the report calls it.
const HATCH: &str = "sockets";

// The exact versions that the library links under; a guest of any other patch version finds them all the same.
// A test probes each function: were a version wrong, the report would be missing.
const P2: &str = "0.2.12";
const P3: &str = "0.3.0";

/// Puts the refusals over what the library linked.
pub(super) fn close(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    close_p2(linker)?;
    close_p3(linker)?;
    linker.allow_shadowing(false);
    Ok(())
}

fn refuse(store: &StoreContextMut<'_, Guest>, wanted: &str) {
    store.data().call.deny(HATCH, wanted);
}

fn close_p2(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use p2::network::{ErrorCode, IpAddressFamily};
    linker.instance(&format!("wasi:sockets/tcp-create-socket@{P2}"))?.func_wrap(
        "create-tcp-socket",
        |store: StoreContextMut<'_, Guest>, (_,): (IpAddressFamily,)| {
            refuse(&store, "tcp");
            Ok((Err::<Resource<TcpP2>, _>(ErrorCode::AccessDenied),))
        },
    )?;
    linker.instance(&format!("wasi:sockets/udp-create-socket@{P2}"))?.func_wrap(
        "create-udp-socket",
        |store: StoreContextMut<'_, Guest>, (_,): (IpAddressFamily,)| {
            refuse(&store, "udp");
            Ok((Err::<Resource<UdpP2>, _>(ErrorCode::AccessDenied),))
        },
    )?;
    linker.instance(&format!("wasi:sockets/ip-name-lookup@{P2}"))?.func_wrap(
        "resolve-addresses",
        |store: StoreContextMut<'_, Guest>, (_, name): (Resource<Network>, String)| {
            refuse(&store, &format!("resolve {name}"));
            Ok((Err::<Resource<p2::ip_name_lookup::ResolveAddressStream>, _>(ErrorCode::AccessDenied),))
        },
    )
}

fn close_p3(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    use p3::types::{ErrorCode, IpAddress, IpAddressFamily, TcpSocket, UdpSocket};
    let mut types = linker.instance(&format!("wasi:sockets/types@{P3}"))?;
    types.func_wrap("[static]tcp-socket.create", |store: StoreContextMut<'_, Guest>, (_,): (IpAddressFamily,)| {
        refuse(&store, "tcp");
        Ok((Err::<Resource<TcpSocket>, _>(ErrorCode::AccessDenied),))
    })?;
    types.func_wrap("[static]udp-socket.create", |store: StoreContextMut<'_, Guest>, (_,): (IpAddressFamily,)| {
        refuse(&store, "udp");
        Ok((Err::<Resource<UdpSocket>, _>(ErrorCode::AccessDenied),))
    })?;
    linker.instance(&format!("wasi:sockets/ip-name-lookup@{P3}"))?.func_wrap_concurrent(
        "resolve-addresses",
        |accessor, (name,): (String,)| {
            Box::pin(async move {
                accessor.with(|mut store| store.get().call.deny(HATCH, &format!("resolve {name}")));
                Ok((Err::<Vec<IpAddress>, _>(p3::ip_name_lookup::ErrorCode::AccessDenied),))
            })
        },
    )
}
