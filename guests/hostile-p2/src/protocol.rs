//! Answers that break the rules of HTTP or of the component model.

use kit_p2::{Answer, answer};
use wasip2::http::types::{ErrorCode, Fields, ResponseOutparam};

/// A good head, then nothing but work.
pub(crate) fn spin_after_head(out: ResponseOutparam) {
    let _reply = Answer::begin(out, 200, &[("content-type", "text/plain")]);
    kit::misbehave::spin()
}

/// Answers, then answers again through the handle it no longer owns.
pub(crate) fn twice(out: ResponseOutparam) {
    let number = out.handle();
    answer(out, 200, "first\n");
    // SAFETY: deliberately wrong; the host must trap on the stale handle.
    let stale = unsafe { ResponseOutparam::from_handle(number) };
    ResponseOutparam::set(stale, Err(ErrorCode::InternalError(Some("second".to_owned()))));
}

/// Uses a handle that it never had.
pub(crate) fn foreign_handle() {
    // SAFETY: deliberately wrong; the host must trap.
    let foreign = unsafe { Fields::from_handle(4_242) };
    core::hint::black_box(foreign.entries());
}

/// Promises `said` bytes and sends `sent`.
pub(crate) fn wrong_length(out: ResponseOutparam, said: usize, sent: usize) {
    let reply = Answer::begin(out, 200, &[("content-length", &said.to_string())]);
    let written = reply.write(&vec![b'w'; sent]);
    let finished = reply.finish(None);
    println!("{written:?} {finished:?}");
}

/// Ends without ending its body.
pub(crate) fn unfinished(out: ResponseOutparam) {
    let reply = Answer::begin(out, 200, &[("content-type", "text/plain")]);
    let _ = reply.write(b"half of it");
    drop(reply);
}

/// Tries to smuggle a second header into the value of a first one.
pub(crate) fn split_header(out: ResponseOutparam) {
    let fields = Fields::new();
    let value = fields.append("x-split", b"a\r\nset-cookie: stolen=1");
    let name = fields.append("x-split: b\r\nx-other", b"c");
    let reply = Answer::begin_with(out, 200, fields);
    let _ = reply.write(format!("{value:?} {name:?}\n").as_bytes());
    let _ = reply.finish(None);
}

/// Tries headers that belong to the connection, and names that the platform keeps for itself.
pub(crate) fn hop_headers(out: ResponseOutparam) {
    let fields = Fields::new();
    let mut report = String::new();
    for (name, value) in [
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("keep-alive", "timeout=5"),
        ("proxy-authenticate", "Basic"),
        ("sf-user", "root"),
        ("set-cookie", "__Host-sf-session=forged; Secure; Path=/"),
    ] {
        report.push_str(&format!("{name} {:?}\n", fields.append(name, value.as_bytes())));
    }
    let reply = Answer::begin_with(out, 200, fields);
    let _ = reply.write(report.as_bytes());
    let _ = reply.finish(None);
}
