//! probe-net: tries every way to the network, first through std, then through wasi:sockets itself, and says what came of it.
//! Guarantees: each attempt is one line of JSON; an attempt that works is reported as such.
//! Does not: share a component with echo-p2, since its import list alone names the sockets.
//! Called by: tests. Calls: std::net, wasi:sockets.
//! If this is wrong: a function with a way to the network goes unnoticed.

use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use kit::json::attempt;
use kit_p2::answer;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};
use wasip2::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::{instance_network, ip_name_lookup, tcp_create_socket, udp_create_socket};

struct ProbeNet;

wasip2::http::proxy::export!(ProbeNet);

impl Guest for ProbeNet {
    fn handle(_request: IncomingRequest, out: ResponseOutparam) {
        answer(out, 200, &(std_attempts() + &wasi_attempts()));
    }
}

#[expect(clippy::disallowed_methods, reason = "the ban is for the platform; this guest exists to try")]
fn std_attempts() -> String {
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 22));
    [
        attempt("std connect", TcpStream::connect(loopback)),
        attempt("std connect with time limit", TcpStream::connect_timeout(&loopback, Duration::from_millis(200))),
        attempt("std listen", TcpListener::bind("0.0.0.0:0")),
        attempt("std udp", UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.send_to(b"x", "127.0.0.1:53"))),
        attempt("std resolve", "localhost:80".to_socket_addrs().map(Iterator::count)),
    ]
    .concat()
}

fn wasi_attempts() -> String {
    let network = instance_network::instance_network();
    let tcp = tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4).and_then(|socket| {
        socket.start_connect(&network, loopback(22))?;
        socket.subscribe().block();
        socket.finish_connect().map(|_| "connected")
    });
    let listen = tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4).and_then(|socket| {
        socket.start_bind(&network, loopback(0))?;
        socket.finish_bind()?;
        socket.start_listen()?;
        socket.finish_listen()
    });
    let udp = udp_create_socket::create_udp_socket(IpAddressFamily::Ipv4).and_then(|socket| {
        socket.start_bind(&network, loopback(0))?;
        socket.finish_bind()?;
        socket.stream(Some(loopback(53))).map(|_| "streams")
    });
    let resolve = ip_name_lookup::resolve_addresses(&network, "localhost").and_then(|addresses| {
        addresses.subscribe().block();
        addresses.resolve_next_address()
    });
    [
        attempt("wasi connect", tcp),
        attempt("wasi listen", listen),
        attempt("wasi udp", udp),
        attempt("wasi resolve", resolve),
    ]
    .concat()
}

fn loopback(port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) })
}
