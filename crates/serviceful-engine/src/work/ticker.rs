//! Moves the engine's epoch while guests run, so that none keeps a thread for longer than a tick.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use wasmtime::Engine;

use crate::door::StartError;

/// Length of a tick. A busy guest gives way once a tick.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// Ticks without a new call after which the thread sleeps. Waking it costs a call a few microseconds, so it stays up
/// through the small pauses of ordinary traffic.
const QUIET_TICKS: u32 = 100;

/// Handle on the ticking thread.
#[derive(Debug, Clone)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Debug, Default)]
struct Shared {
    /// Calls begun since the process started.
    begun: AtomicU64,
    /// Calls that have not ended.
    running: AtomicU64,
    asleep: AtomicBool,
}

impl Ticker {
    /// Starts the thread. Call it inside the jail.
    pub(crate) fn start(engine: Engine) -> Result<Self, StartError> {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let handle = thread::Builder::new()
            .name("ticker".into())
            .spawn(move || tick(&engine, &theirs))
            .map_err(|error| StartError::Threads { reason: error.to_string() })?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// A call begins: ticks come until the answer is dropped.
    pub(crate) fn call(&self) -> Running {
        self.shared.begun.fetch_add(1, Ordering::Relaxed);
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        // INVARIANT: the thread sets `asleep` before it looks at `running` for the last time, and this looks at `asleep`
        // after it counted up, both in one total order: one of the two sees the other.
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Running { shared: self.shared.clone() }
    }
}

/// While it lives, epochs pass.
#[derive(Debug)]
pub(crate) struct Running {
    shared: Arc<Shared>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(engine: &Engine, shared: &Shared) {
    let (mut seen, mut quiet) = (0, 0);
    loop {
        thread::sleep(TICK);
        engine.increment_epoch();
        let begun = shared.begun.load(Ordering::Relaxed);
        quiet = if begun == seen && shared.running.load(Ordering::Relaxed) == 0 { quiet + 1 } else { 0 };
        seen = begun;
        if quiet < QUIET_TICKS {
            continue;
        }
        shared.asleep.store(true, Ordering::SeqCst);
        while shared.running.load(Ordering::SeqCst) == 0 && shared.begun.load(Ordering::SeqCst) == begun {
            thread::park();
        }
        shared.asleep.store(false, Ordering::SeqCst);
        quiet = 0;
    }
}
