//! What accompanies one request through the rooms.
use std::sync::Arc;

use types::{Clock, Instant, RequestId, Rng, UnixMillis};

/// Made at arrival only; passed by reference to every step.
#[derive(Clone)]
pub struct Ctx {
    pub request: RequestId,
    pub started_at: UnixMillis,
    pub started: Instant,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
}

impl Ctx {
    /// A context for a request that arrives now.
    pub fn arrive(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        let started_at = clock.now();
        let started = clock.instant();
        let request = RequestId::fresh(started_at, &*rng);
        Self { request, started_at, started, clock, rng }
    }

    /// Microseconds of wall time since arrival.
    pub fn elapsed_us(&self) -> u64 {
        self.clock.instant().micros_since(self.started)
    }
}
