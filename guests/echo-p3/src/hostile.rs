//! Misbehaviour that takes another path through the host in 0.3 than in 0.2.

use std::io::Write;

use wasip3::clocks::monotonic_clock;
use wasip3::http::types::{Fields, Response};
use wasip3::{spawn_local, wit_stream};

use crate::reply::{begin, with_type};

const PAUSE_NS: u64 = 50_000_000;
const HOUR_NS: u64 = 3_600_000_000_000;

/// A good head, then nothing but work in a task of its own.
pub(crate) fn spin_after_head() -> Response {
    let (response, body) = begin(200, with_type("text/plain"));
    spawn_local(async move {
        let _kept = body;
        monotonic_clock::wait_for(PAUSE_NS).await; // so that the head is on its way
        kit::misbehave::spin()
    });
    response
}

/// Gives way to the host at every turn, and never ends.
pub(crate) async fn spin_async() -> ! {
    loop {
        wasip3::wit_bindgen::yield_async().await;
    }
}

pub(crate) fn host_calls() -> ! {
    loop {
        core::hint::black_box(monotonic_clock::now());
    }
}

/// Waits for ever, asleep.
pub(crate) async fn never() -> ! {
    loop {
        monotonic_clock::wait_for(HOUR_NS).await;
    }
}

/// A body without end.
pub(crate) fn flood() -> Response {
    let (response, mut body) = begin(200, with_type("application/octet-stream"));
    spawn_local(async move { while body.write(vec![b'x'; 65_536]).await.is_ok() {} });
    response
}

pub(crate) fn log(lines: u64) -> String {
    let mut stdout = std::io::stdout();
    for number in 0..lines {
        if writeln!(stdout, "line {number} {}", "log ".repeat(64)).is_err() {
            return format!("stopped at {number}\n");
        }
    }
    "all written\n".to_owned()
}

/// `n` response headers. What the host refuses is told in the body.
pub(crate) fn many_headers(n: u64) -> Response {
    let fields = Fields::new();
    let refused =
        (0..n).find_map(|number| fields.append(&format!("x-{number}"), b"value").err().map(|error| (number, error)));
    let (response, mut body) = begin(200, fields);
    spawn_local(async move {
        let _ = body.write(format!("{refused:?}\n").into_bytes()).await;
        body.finish(Ok(None)).await;
    });
    response
}

/// Makes `n` header collections and keeps them all.
pub(crate) fn keep_fields(n: u64) -> String {
    for _ in 0..n {
        std::mem::forget(Fields::new());
    }
    "all kept\n".to_owned()
}

/// Makes `n` streams and keeps both ends of all.
pub(crate) fn keep_streams(n: u64) -> String {
    for _ in 0..n {
        std::mem::forget(wit_stream::new::<u8>());
    }
    "all kept\n".to_owned()
}

/// Starts `n` calls to the host that will not end today.
pub(crate) fn start_tasks(n: u64) -> String {
    for _ in 0..n {
        spawn_local(monotonic_clock::wait_for(HOUR_NS));
    }
    "all started\n".to_owned()
}

/// Answers at once, and works on afterwards for as long as it is let.
pub(crate) fn linger(ms: u64) -> Response {
    let (response, mut body) = begin(200, with_type("text/plain"));
    spawn_local(async move {
        let _ = body.write(b"answered\n".to_vec()).await;
        body.finish(Ok(None)).await;
        monotonic_clock::wait_for(ms.saturating_mul(1_000_000)).await;
        println!("lingered to the end");
    });
    response
}
