//! What a component's imports are connected to, and the connected component, ready to be instantiated.
//!
//! Linked once per component, not per request. The list of what is linked is `compile/imports.rs`.
use wasmtime::{
    Engine,
    component::{Component, HasData, Linker, ResourceTable},
};
use wasmtime_wasi::{
    cli::{WasiCli, WasiCliView as _},
    clocks::{WasiClocks, WasiClocksView as _},
    filesystem::{WasiFilesystem, WasiFilesystemView as _},
    p2::bindings as p2,
    random::{WasiRandom, WasiRandomView as _},
    sockets::{WasiSockets, WasiSocketsView as _},
};
use wasmtime_wasi_http::{p2::bindings::ProxyPre, p3::bindings::ServicePre};

use super::{guest::Guest, hatches, js};

/// A component with its imports connected.
pub(crate) enum Loaded {
    /// `wasi:http` 0.2.
    P2(ProxyPre<Guest>),
    /// `wasi:http` 0.3.
    P3(ServicePre<Guest>),
    /// A function written in JavaScript.
    Js(js::Function),
}

impl Loaded {
    /// Connects a component.
    pub(crate) fn new(linker: &Linker<Guest>, component: &Component) -> wasmtime::Result<Self> {
        let ready = linker.instantiate_pre(component)?;
        // The newer interface first, as in `compile/check.rs`.
        if let Ok(service) = ServicePre::new(ready.clone()) {
            return Ok(Self::P3(service));
        }
        ProxyPre::new(ready).map(Self::P2)
    }
}

/// Everything that any component may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    streams(&mut linker)?;
    wasi_p2(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    hatches::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Only the handles: streams and polling must not wake the rest of WASI up.
struct Handles;

impl HasData for Handles {
    type Data<'a> = &'a mut ResourceTable;
}

fn streams(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    p2::io::error::add_to_linker::<Guest, Handles>(linker, |guest| &mut guest.table)?;
    p2::io::poll::add_to_linker::<Guest, Handles>(linker, |guest| &mut guest.table)?;
    p2::io::streams::add_to_linker::<Guest, Handles>(linker, |guest| &mut guest.table)
}

/// WASI 0.2 but its streams.
fn wasi_p2(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    p2::clocks::wall_clock::add_to_linker::<Guest, WasiClocks>(linker, Guest::clocks)?;
    p2::clocks::monotonic_clock::add_to_linker::<Guest, WasiClocks>(linker, Guest::clocks)?;
    p2::random::random::add_to_linker::<Guest, WasiRandom>(linker, Guest::random)?;
    p2::random::insecure::add_to_linker::<Guest, WasiRandom>(linker, Guest::random)?;
    p2::random::insecure_seed::add_to_linker::<Guest, WasiRandom>(linker, Guest::random)?;
    p2::filesystem::types::add_to_linker::<Guest, WasiFilesystem>(linker, Guest::filesystem)?;
    p2::filesystem::preopens::add_to_linker::<Guest, WasiFilesystem>(linker, Guest::filesystem)?;
    p2::cli::exit::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::environment::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::stdin::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::stdout::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::stderr::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::terminal_input::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::terminal_output::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::terminal_stdin::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::terminal_stdout::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    p2::cli::terminal_stderr::add_to_linker::<Guest, WasiCli>(linker, Guest::cli)?;
    let network = p2::sockets::network::LinkOptions::default();
    p2::sockets::network::add_to_linker::<Guest, WasiSockets>(linker, &network, Guest::sockets)?;
    p2::sockets::instance_network::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    p2::sockets::tcp::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    p2::sockets::udp::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    p2::sockets::tcp_create_socket::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    p2::sockets::udp_create_socket::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)?;
    p2::sockets::ip_name_lookup::add_to_linker::<Guest, WasiSockets>(linker, Guest::sockets)
}
