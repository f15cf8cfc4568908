//! The clocks of a worker. They measure; by the time of day it is only decided how long ago a caller signed in.
use rustix::time::{ClockId, Timespec, clock_gettime};
use types::UnixMillis;

/// The time of day.
pub(crate) fn now() -> UnixMillis {
    UnixMillis(nanoseconds(clock_gettime(ClockId::Realtime)) / 1_000_000)
}

/// Nanoseconds on a clock that never jumps.
pub(crate) fn monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// CPU time of the calling thread, in nanoseconds.
pub(crate) fn thread_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}
