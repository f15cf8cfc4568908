//! Bodies that stream.

use wasip3::clocks::monotonic_clock;
use wasip3::http::types::{ErrorCode, Fields, Request, Response};
use wasip3::wit_bindgen::StreamResult;
use wasip3::{spawn_local, wit_future};

use crate::reply::{begin, with_type};

const CHUNK_BYTES: u64 = 65_536;

/// Sends the body back piece by piece, never holding more than one, and the trailers after it. What the client announced in
/// `Trailer` is announced again: without that, HTTP/1.1 does not carry them.
pub(crate) fn echo(request: Request) -> Response {
    let kind = request.get_headers().get("content-type").pop().unwrap_or_else(|| b"application/octet-stream".to_vec());
    let fields = with_type(&String::from_utf8_lossy(&kind));
    for announced in request.get_headers().get("trailer") {
        fields.append("trailer", &announced).expect("it came in a header");
    }
    let (verdict, told) = wit_future::new::<Result<(), ErrorCode>>(|| Ok(()));
    let (mut input, trailers) = Request::consume_body(request, told);
    let (response, mut body) = begin(200, fields);
    spawn_local(async move {
        let mut room = Vec::with_capacity(CHUNK_BYTES as usize);
        loop {
            let (result, chunk) = input.read(room).await;
            if !matches!(result, StreamResult::Complete(_)) {
                break;
            }
            let left = body.stream.write_all(chunk).await;
            if !left.is_empty() {
                return; // the client has left
            }
            room = left;
            room.reserve(CHUNK_BYTES as usize);
        }
        drop(input);
        let end = match trailers.await {
            Ok(Some(received)) => Ok(Fields::from_list(&received.copy_all()).ok()),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        drop(verdict);
        body.finish(end).await;
    });
    response
}

/// `n` bytes; the byte at offset i is i modulo 251, so that any cut or repetition shows.
pub(crate) fn big(n: u64) -> Response {
    let (response, mut body) = begin(200, with_type("application/octet-stream"));
    spawn_local(async move {
        let mut sent: u64 = 0;
        while sent < n {
            let size = CHUNK_BYTES.min(n - sent);
            let chunk: Vec<u8> = (sent..sent + size).map(|offset| (offset % 251) as u8).collect();
            if body.write(chunk).await.is_err() {
                return;
            }
            sent += size;
        }
        body.finish(Ok(None)).await;
    });
    response
}

/// One line at a time with a pause before each: shows whether the platform holds bodies back.
pub(crate) fn slow_body(chunks: u64, pause_ms: u64) -> Response {
    let (response, mut body) = begin(200, with_type("text/plain"));
    spawn_local(async move {
        for number in 0..chunks {
            monotonic_clock::wait_for(pause_ms * 1_000_000).await;
            if body.write(format!("chunk {number}\n").into_bytes()).await.is_err() {
                return;
            }
        }
        body.finish(Ok(None)).await;
    });
    response
}
