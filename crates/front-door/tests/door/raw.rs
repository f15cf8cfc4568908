//! Raw bytes to a socket, and what comes back.
use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

pub(crate) async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// Sends `bytes`, then reads until the peer closes or has been silent for a while. All that came, and whether it closed.
pub(crate) async fn exchange(address: SocketAddr, bytes: &[u8]) -> (String, bool) {
    let mut stream = connect(address).await;
    // The peer may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    listen(&mut stream, Duration::from_millis(250)).await
}

pub(crate) async fn listen(stream: &mut TcpStream, silence: Duration) -> (String, bool) {
    let (mut all, mut buffer) = (Vec::new(), [0; 16_384]);
    loop {
        match timeout(silence, stream.read(&mut buffer)).await {
            Err(_) => return (String::from_utf8_lossy(&all).into_owned(), false),
            Ok(Ok(0) | Err(_)) => return (String::from_utf8_lossy(&all).into_owned(), true),
            Ok(Ok(n)) => all.extend_from_slice(&buffer[..n]),
        }
    }
}

/// How long until the peer closes, while `drip` is sent every 50 ms; `None` when it has not after `limit`.
pub(crate) async fn closed_after(stream: &mut TcpStream, drip: &[u8], limit: Duration) -> Option<Duration> {
    let start = Instant::now();
    let mut buffer = [0; 1_024];
    while start.elapsed() < limit {
        if !drip.is_empty() && stream.write_all(drip).await.is_err() {
            return Some(start.elapsed());
        }
        if let Ok(Ok(0) | Err(_)) = timeout(Duration::from_millis(50), stream.read(&mut buffer)).await {
            return Some(start.elapsed());
        }
    }
    None
}

/// Status codes of the responses in `text`, in order.
pub(crate) fn statuses(text: &str) -> Vec<u16> {
    text.match_indices("HTTP/1.1 ").map(|(at, _)| text[at + 9..at + 12].parse().unwrap()).collect()
}
