//! What one connection has done so far. The stream and the service count; the watch looks at the counts now and then.
//! Nothing on the path of a request reads a clock.
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed},
};

/// Sentinels of `framing`.
const UNKNOWN: u64 = u64::MAX;
const UNTIL_CLOSE: u64 = u64::MAX - 1;

/// Where the body of the request at hand ends, as the parser understood it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After this many bytes.
    Length(u64),
    /// The stream scanner does not follow it; the connection ends after it.
    UntilClose,
}

/// Counts of one connection.
#[derive(Debug)]
pub(crate) struct Flow {
    pub h2: bool,
    /// Bytes in and out, above TLS.
    pub read: AtomicU64,
    pub written: AtomicU64,
    /// The last write or flush had to wait for the client.
    pub write_blocked: AtomicBool,
    /// HTTP/1: a head has begun and has not ended.
    pub head_open: AtomicBool,
    /// HTTP/1: the request line of the head at hand has a `#`.
    pub fragment: AtomicBool,
    pub started: AtomicU64,
    pub finished: AtomicU64,
    /// HTTP/2 frames other than DATA and HEADERS since the watch last looked.
    pub control_frames: AtomicU32,
    /// A body was too slow; the connection ends.
    pub slow_body: AtomicBool,
    framing: AtomicU64,
    /// HTTP/2: response bodies under way, for those whose client opens no window.
    outflows: Mutex<Vec<Arc<Outflow>>>,
}

/// Progress of one response body of an HTTP/2 stream.
#[derive(Debug, Default)]
pub(crate) struct Outflow {
    pub bytes: AtomicU64,
    /// We wait for the function, not for the client.
    pub waits_for_us: AtomicBool,
    pub ended: AtomicBool,
}

impl Flow {
    pub(crate) fn new(h2: bool) -> Self {
        Self {
            h2,
            read: AtomicU64::new(0),
            written: AtomicU64::new(0),
            write_blocked: AtomicBool::new(false),
            head_open: AtomicBool::new(false),
            fragment: AtomicBool::new(false),
            started: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            control_frames: AtomicU32::new(0),
            slow_body: AtomicBool::new(false),
            framing: AtomicU64::new(UNKNOWN),
            outflows: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn in_flight(&self) -> u64 {
        self.started.load(Relaxed).saturating_sub(self.finished.load(Relaxed))
    }

    pub(crate) fn frame(&self, framing: Framing) {
        let value = match framing {
            Framing::Length(bytes) => bytes.min(UNTIL_CLOSE - 1),
            Framing::UntilClose => UNTIL_CLOSE,
        };
        self.framing.store(value, Relaxed);
    }

    /// The framing of the head that ended last; each is told once.
    pub(crate) fn take_framing(&self) -> Option<Framing> {
        match self.framing.swap(UNKNOWN, Relaxed) {
            UNKNOWN => None,
            UNTIL_CLOSE => Some(Framing::UntilClose),
            bytes => Some(Framing::Length(bytes)),
        }
    }

    /// Registers a response body of an HTTP/2 stream.
    pub(crate) fn outflow(&self) -> Arc<Outflow> {
        let outflow = Arc::new(Outflow::default());
        self.outflows.lock().unwrap_or_else(PoisonError::into_inner).push(outflow.clone());
        outflow
    }

    /// Response bodies registered since the last call; at most the streams of one connection and a few that just ended.
    pub(crate) fn take_outflows(&self) -> Vec<Arc<Outflow>> {
        std::mem::take(&mut *self.outflows.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One request of a connection, from its head to the last byte of the answer.
#[derive(Debug)]
pub(crate) struct Turn(Arc<Flow>);

impl Turn {
    pub(crate) fn begin(flow: &Arc<Flow>) -> Self {
        flow.started.fetch_add(1, Relaxed);
        Self(flow.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.finished.fetch_add(1, Relaxed);
    }
}
