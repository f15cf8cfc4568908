//! The timers of one guest.
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Longest time that a timer waits: over every call's wall time.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Few, so in no order.
#[derive(Default)]
pub(super) struct Timers {
    set: Vec<(u32, Instant)>,
    /// For the earliest of them.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timers {
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.set.len()
    }

    pub(super) fn set(&mut self, id: u32, ms: f64) {
        let wait = Duration::try_from_secs_f64(ms.max(0.0) / 1_000.0).unwrap_or(LONGEST).min(LONGEST);
        self.set.push((id, Instant::now() + wait));
        self.sleep = None;
    }

    pub(super) fn clear(&mut self, id: u32) {
        self.set.retain(|(other, _)| *other != id);
        self.sleep = None;
    }

    /// The next timer whose time has come; of several, the one that was due first, and of those the one set first.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<u32> {
        let Some((at, deadline)) =
            self.set.iter().enumerate().min_by_key(|(_, (_, deadline))| *deadline).map(|(at, (_, d))| (at, *d))
        else {
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.sleep = None;
        Poll::Ready(self.set.remove(at).0)
    }
}
