//! A name to an address, and an address to a socket. Before the doors close, and before anything secret is here but the password.
use std::{
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use crate::{Config, Tls, error::NoConnection};

/// Addresses that are tried; a name with more is not tried to its end.
const ADDRESSES_MAX: usize = 4;
const CONNECT: Duration = Duration::from_secs(10);

/// Connects to the configured server.
pub(crate) fn connect(config: &Config) -> Result<TcpStream, NoConnection> {
    let (host, port) = (config.host.as_str(), config.port());
    let named = |e: std::io::Error| NoConnection::Name { host: host.to_owned(), reason: e.to_string() };
    let found: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(named)?.take(ADDRESSES_MAX).collect();
    let usable: Vec<&SocketAddr> =
        found.iter().filter(|address| config.tls != Tls::None || address.ip().is_loopback()).collect();
    if usable.is_empty() && !found.is_empty() {
        return Err(NoConnection::Elsewhere { host: host.to_owned() });
    }
    let mut reason = "the name has no address".to_owned();
    for address in usable {
        match TcpStream::connect_timeout(address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(NoConnection::Unreachable { host: host.to_owned(), port, reason })
}
