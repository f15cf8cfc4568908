//! The yardstick of `make bench`: hyper alone, one thread, HTTP/1.1 keep-alive, one fixed answer. No rule of the house is in
//! its way. `cargo run --release -p front-door --example bare_hyper -- 127.0.0.1:8088`
use std::{convert::Infallible, error::Error, net::SocketAddr};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;

/// What the component of the comparison answers, too.
const HELLO: &[u8] = b"Hello, world.\n";

#[expect(clippy::disallowed_methods, reason = "a server of its own, not part of the house")]
fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).ok_or("name an address, such as 127.0.0.1:8088")?.parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let hello = service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(HELLO)))));
            // A connection that breaks ends itself; the load generator counts it.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), hello));
        }
    })
}
