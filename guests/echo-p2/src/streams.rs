//! Bodies that stream.

use kit_p2::{Answer, answer};
use wasip2::http::types::{Fields, IncomingBody, IncomingRequest, ResponseOutparam};
use wasip2::io::streams::StreamError;

const CHUNK_BYTES: u64 = 65_536;

/// Sends the body back piece by piece, never holding more than one, and the trailers after it. What the client announced in
/// `Trailer` is announced again: without that, HTTP/1.1 does not carry them.
pub(crate) fn echo(request: &IncomingRequest, out: ResponseOutparam) {
    let Ok(body) = request.consume() else { return answer(out, 500, "the body is gone\n") };
    let kind = request.headers().get("content-type").pop().unwrap_or_else(|| b"application/octet-stream".to_vec());
    let kind = String::from_utf8_lossy(&kind).into_owned();
    let fields = Fields::from_list(&[("content-type".to_owned(), kind.into_bytes())]).expect("a header of ours is valid");
    for announced in request.headers().get("trailer") {
        fields.append("trailer", &announced).expect("it came in a header");
    }
    let reply = Answer::begin_with(out, 200, fields);
    if pass_on(&body, &reply).is_err() {
        return; // the unfinished body tells the client
    }
    let _ = reply.finish(trailers(body));
}

fn pass_on(body: &IncomingBody, reply: &Answer) -> Result<(), StreamError> {
    let Ok(input) = body.stream() else { return Ok(()) };
    loop {
        match input.blocking_read(CHUNK_BYTES) {
            Ok(chunk) => reply.write(&chunk)?,
            Err(StreamError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn trailers(body: IncomingBody) -> Option<Fields> {
    let coming = IncomingBody::finish(body);
    coming.subscribe().block();
    let received = coming.get()?.ok()?.ok()??;
    Fields::from_list(&received.entries()).ok()
}

/// `n` bytes; the byte at offset i is i modulo 251, so that any cut or repetition shows.
pub(crate) fn big(out: ResponseOutparam, n: u64) {
    let reply = Answer::begin(out, 200, &[("content-type", "application/octet-stream")]);
    let mut sent: u64 = 0;
    while sent < n {
        let size = CHUNK_BYTES.min(n - sent);
        let chunk: Vec<u8> = (sent..sent + size).map(|offset| (offset % 251) as u8).collect();
        if reply.write(&chunk).is_err() {
            return;
        }
        sent += size;
    }
    let _ = reply.finish(None);
}

/// Begins to answer, and asks for more of the caller only then.
pub(crate) fn require_late(out: ResponseOutparam, target: &kit::Target) {
    let reply = Answer::begin(out, 200, &[("content-type", "application/json")]);
    if reply.write(kit::require_json(target).as_bytes()).is_ok() {
        let _ = reply.finish(None);
    }
}

/// One line at a time with a pause before each: shows whether the platform holds bodies back.
pub(crate) fn slow_body(out: ResponseOutparam, chunks: u64, pause_ms: u64) {
    let reply = Answer::begin(out, 200, &[("content-type", "text/plain")]);
    for number in 0..chunks {
        wasip2::clocks::monotonic_clock::subscribe_duration(pause_ms * 1_000_000).block();
        if reply.write(format!("chunk {number}\n").as_bytes()).is_err() {
            return;
        }
    }
    let _ = reply.finish(None);
}
