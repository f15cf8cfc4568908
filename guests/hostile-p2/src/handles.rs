//! Handles that are never given back.

use kit_p2::answer;
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::types::{Fields, ResponseOutparam};
use wasip2::io::poll;

const HOUR_NS: u64 = 3_600_000_000_000;

/// Waits for ever, asleep.
pub(crate) fn never() -> ! {
    loop {
        subscribe_duration(HOUR_NS).block();
    }
}

/// Makes `n` header collections and keeps them all.
pub(crate) fn fields(out: ResponseOutparam, n: u64) {
    for _ in 0..n {
        std::mem::forget(Fields::new());
    }
    answer(out, 200, "all kept\n");
}

/// Makes `n` timers and keeps them all.
pub(crate) fn pollables(out: ResponseOutparam, n: u64) {
    for _ in 0..n {
        std::mem::forget(subscribe_duration(HOUR_NS));
    }
    answer(out, 200, "all kept\n");
}

/// Waits on `n` timers at once, again and again.
pub(crate) fn poll_many(out: ResponseOutparam, n: u64) {
    let timers: Vec<_> = (0..n).map(|_| subscribe_duration(1)).collect();
    let all: Vec<_> = timers.iter().collect();
    for _ in 0..1_000 {
        core::hint::black_box(poll::poll(&all));
    }
    answer(out, 200, "polled\n");
}
