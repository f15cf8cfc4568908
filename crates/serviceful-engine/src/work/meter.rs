//! Counts the CPU time of one call. Waiting costs nothing, neither for the guest nor for the count.
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::clock::thread_cpu_ns;

/// A guest that used this much without a pause gives way to others.
const SLICE_NS: u64 = 500_000;

/// The time that a call used and may use. Only the task that runs the call writes to it.
#[derive(Debug)]
pub(crate) struct Meter {
    limit_ns: u64,
    /// Used in earlier turns.
    used_ns: AtomicU64,
    /// The thread's clock when the present turn began.
    turn_began_ns: AtomicU64,
    /// The guest has used a whole slice without a pause.
    greedy: AtomicBool,
}

/// What a guest does at a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    GoOn,
    GiveWay,
    /// It has used all that it may use.
    Spent,
}

impl Meter {
    pub(crate) const fn new(limit_ms: u64) -> Self {
        Self {
            limit_ns: limit_ms.saturating_mul(1_000_000),
            used_ns: AtomicU64::new(0),
            turn_began_ns: AtomicU64::new(0),
            greedy: AtomicBool::new(false),
        }
    }

    /// The guest gets the thread.
    pub(crate) fn begin(&self) {
        self.turn_began_ns.store(thread_cpu_ns(), Relaxed);
    }

    /// The guest gives the thread back.
    pub(crate) fn end(&self) {
        let turn = thread_cpu_ns().saturating_sub(self.turn_began_ns.load(Relaxed));
        self.used_ns.store(self.used_ns.load(Relaxed).saturating_add(turn), Relaxed);
    }

    /// Asked at each tick, on the thread that runs the guest.
    pub(crate) fn at_tick(&self) -> Verdict {
        let turn = thread_cpu_ns().saturating_sub(self.turn_began_ns.load(Relaxed));
        if self.used_ns.load(Relaxed).saturating_add(turn) >= self.limit_ns {
            Verdict::Spent
        } else if turn >= SLICE_NS {
            self.greedy.store(true, Relaxed);
            Verdict::GiveWay
        } else {
            Verdict::GoOn
        }
    }

    /// The guest is about to use much without a pause. `true`: it has not done so before, and should pause first.
    pub(crate) fn make_way(&self) -> bool {
        !self.greedy.swap(true, Relaxed)
    }

    /// Does what the guest caused and should not pay for. Only within its turn.
    pub(crate) fn uncounted(&self, work: impl FnOnce()) {
        let before = thread_cpu_ns();
        work();
        let took = thread_cpu_ns().saturating_sub(before);
        self.turn_began_ns.store(self.turn_began_ns.load(Relaxed).saturating_add(took), Relaxed);
    }

    /// Whether the guest has ever used up a slice.
    pub(crate) fn is_greedy(&self) -> bool {
        self.greedy.load(Relaxed)
    }

    /// CPU time so far, in microseconds, without the present turn.
    pub(crate) fn used_us(&self) -> u64 {
        self.used_ns.load(Relaxed) / 1_000
    }
}
