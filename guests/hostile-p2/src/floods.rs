//! Too much of something that passes through the host.

use std::io::Write;

use kit_p2::{Answer, answer};
use wasip2::http::types::{Fields, ResponseOutparam};

/// Host calls without a pause: time spent in the host must count as well.
pub(crate) fn host_calls() -> ! {
    loop {
        core::hint::black_box(wasip2::clocks::monotonic_clock::now());
    }
}

/// Asks for many random bytes at once.
pub(crate) fn random(out: ResponseOutparam, bytes: u64) {
    let got = wasip2::random::random::get_random_bytes(bytes);
    answer(out, 200, &format!("{}\n", got.len()));
}

/// A body without end.
pub(crate) fn response(out: ResponseOutparam) {
    let reply = Answer::begin(out, 200, &[("content-type", "application/octet-stream")]);
    let chunk = [b'x'; 65_536];
    while reply.write(&chunk).is_ok() {}
}

/// Lines of log without end, or `lines` of them.
pub(crate) fn log(out: ResponseOutparam, lines: u64) {
    let mut stdout = std::io::stdout();
    for number in 0..lines {
        if writeln!(stdout, "line {number} {}", "log ".repeat(64)).is_err() {
            return answer(out, 200, &format!("stopped at {number}\n"));
        }
    }
    answer(out, 200, "all written\n");
}

/// One line of `bytes` bytes.
pub(crate) fn log_line(out: ResponseOutparam, bytes: u64) {
    let line = vec![b'l'; usize::try_from(bytes).unwrap_or(0)];
    let mut stdout = std::io::stdout();
    let outcome = stdout.write_all(&line).and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush());
    answer(out, 200, &format!("{outcome:?}\n"));
}

/// `n` response headers. What the host refuses is told in the body.
pub(crate) fn many_headers(out: ResponseOutparam, n: u64) {
    let fields = Fields::new();
    let mut refused = None;
    for number in 0..n {
        if let Err(error) = fields.append(&format!("x-{number}"), b"value") {
            refused = Some((number, error));
            break;
        }
    }
    finish_with(out, fields, &format!("{refused:?}\n"));
}

/// One response header of `bytes` bytes.
pub(crate) fn huge_header(out: ResponseOutparam, bytes: u64) {
    let fields = Fields::new();
    let outcome = fields.append("x-huge", &vec![b'h'; usize::try_from(bytes).unwrap_or(0)]);
    finish_with(out, fields, &format!("{outcome:?}\n"));
}

/// One trailer of `bytes` bytes.
pub(crate) fn huge_trailer(out: ResponseOutparam, bytes: u64) {
    let trailers = Fields::new();
    let outcome = trailers.append("x-huge", &vec![b't'; usize::try_from(bytes).unwrap_or(0)]);
    let reply = Answer::begin(out, 200, &[]);
    let _ = reply.write(format!("{outcome:?}\n").as_bytes());
    let _ = reply.finish(Some(trailers));
}

fn finish_with(out: ResponseOutparam, fields: Fields, text: &str) {
    let reply = Answer::begin_with(out, 200, fields);
    let _ = reply.write(text.as_bytes());
    let _ = reply.finish(None);
}
