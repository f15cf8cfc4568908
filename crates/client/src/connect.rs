//! One connection: a name to an address, a socket, and TLS where it is wanted.
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::TlsConnector;

use crate::{Address, ClientError, address::Origin};

/// Longest wait for a connection, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// What bytes go over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// Opens a connection.
pub(crate) async fn open(address: &Address) -> Result<Pin<Box<dyn Stream>>, ClientError> {
    let slow = |_| ClientError::Slow { place: address.to_string(), what: "connect", seconds: CONNECT.as_secs() };
    tokio::time::timeout(CONNECT, dial(address)).await.map_err(slow)?
}

async fn dial(address: &Address) -> Result<Pin<Box<dyn Stream>>, ClientError> {
    let unreachable = |source| ClientError::Unreachable { place: address.to_string(), source };
    match address {
        Address::Socket { path, .. } => Ok(Box::pin(UnixStream::connect(&**path).await.map_err(unreachable)?)),
        Address::Origin(origin) => {
            let stream = tcp(origin).await.map_err(unreachable)?;
            if origin.tls { secure(address, origin, stream).await } else { Ok(Box::pin(stream)) }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "connecting is what this crate is for")]
async fn tcp(origin: &Origin) -> io::Result<TcpStream> {
    let port = origin.port_or_default();
    let addresses: Vec<SocketAddr> = if origin.is_localhost() {
        // Many resolvers know `localhost` but no name below it; browsers do not ask them either.
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        both.map(|ip| SocketAddr::new(ip, port)).to_vec()
    } else {
        tokio::net::lookup_host((origin.bare_host(), port)).await?.collect()
    };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // Requests are small and waited for; Nagle's algorithm would only delay them.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn secure(address: &Address, origin: &Origin, stream: TcpStream) -> Result<Pin<Box<dyn Stream>>, ClientError> {
    let failed = |source| ClientError::Tls { place: address.to_string(), source };
    let config = ClientConfig::with_platform_verifier().map_err(ClientError::Certificates)?;
    let name = ServerName::try_from(origin.bare_host().to_owned()).map_err(|e| failed(io::Error::other(e)))?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(failed)?;
    Ok(Box::pin(stream))
}
