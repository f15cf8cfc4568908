//! Time and chance as arguments. The real ones are built once, by the composition root.
use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, for records that outlive the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// This moment plus `seconds`, saturating.
    pub const fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000)))
    }
}

/// Nanoseconds on a clock that never jumps, for durations inside one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub u64);

impl Instant {
    /// Microseconds from `earlier` to this moment; 0 when `earlier` is later.
    pub const fn micros_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0) / 1_000
    }
}

/// Where a room reads the time.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> UnixMillis;
    /// A moment on the monotonic clock.
    fn instant(&self) -> Instant;
}

/// Where a room draws randomness; implementations are cryptographically secure.
pub trait Rng: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}
