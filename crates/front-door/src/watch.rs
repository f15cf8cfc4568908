//! The deadlines of one connection. hyper keeps almost none (chapter, section 3), so a connection is looked at twice a second
//! and ended when its client is too slow. Time is an argument: the rules are tested without waiting.
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    Config,
    flow::{Flow, Outflow},
};

/// HTTP/2: the preface and the first frame header; before that nothing has been asked.
const H2_OPENING_BYTES: u64 = 33;

/// Why a connection was ended by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slow {
    FirstByte,
    Head,
    Body,
    Reader,
    Idle,
    Frames,
}

/// What to do with the connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    Keep,
    /// Let it finish what it does, and take nothing new.
    Retire,
    End(Slow),
}

/// A stretch of time in which a client should have read something.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    since: Instant,
    bytes: u64,
}

impl Stretch {
    /// `true` when the client read too little; a stretch that went well starts again.
    fn is_too_slow(&mut self, now: Instant, bytes: u64, grace: Duration, rate: u64) -> bool {
        let elapsed = now - self.since;
        if elapsed < grace {
            return false;
        }
        let wanted = u128::from(rate) * elapsed.as_millis() / 1_000;
        if u128::from(bytes.saturating_sub(self.bytes)) < wanted {
            return true;
        }
        *self = Self { since: now, bytes };
        false
    }
}

/// Looks at one connection from time to time.
pub(crate) struct Watch {
    flow: Arc<Flow>,
    born: Instant,
    last_look: Instant,
    quiet_since: Instant,
    head_since: Option<Instant>,
    writing: Option<Stretch>,
    outflows: Vec<(Arc<Outflow>, Stretch)>,
    started: u64,
    first_byte: Duration,
    headers: Duration,
    idle: Duration,
    age: Duration,
    grace: Duration,
    rate: u64,
    requests_max: u64,
    frames_per_second: u64,
}

impl Watch {
    pub(crate) fn new(flow: Arc<Flow>, config: &Config, now: Instant) -> Self {
        let ms = Duration::from_millis;
        Self {
            flow,
            born: now,
            last_look: now,
            quiet_since: now,
            head_since: None,
            writing: None,
            outflows: Vec::new(),
            started: 0,
            first_byte: ms(config.first_byte_ms),
            headers: ms(config.headers_ms),
            idle: ms(config.idle_ms),
            age: ms(config.connection_age_ms),
            grace: ms(config.write_grace_ms),
            rate: config.write_bytes_per_second_min,
            requests_max: config.requests_per_connection_max,
            frames_per_second: config.h2_control_frames_per_second_max,
        }
    }

    /// Judges the time since the last look.
    pub(crate) fn look(&mut self, now: Instant) -> Ruling {
        let slow = self
            .frames(now)
            .or_else(|| self.flow.slow_body.load(Relaxed).then_some(Slow::Body))
            .or_else(|| self.reader(now))
            .or_else(|| self.quiet(now));
        self.last_look = now;
        match slow {
            Some(slow) => Ruling::End(slow),
            None if self.started >= self.requests_max || now - self.born > self.age => Ruling::Retire,
            None => Ruling::Keep,
        }
    }

    fn frames(&self, now: Instant) -> Option<Slow> {
        let count = u128::from(self.flow.control_frames.swap(0, Relaxed)) * 1_000;
        // A burst at the very beginning of a look is not a rate: a quarter of a second is the least that counts.
        let elapsed = (now - self.last_look).as_millis().max(250);
        (count > u128::from(self.frames_per_second) * elapsed).then_some(Slow::Frames)
    }

    /// Clients that take no bytes: a full socket, or an HTTP/2 stream without window.
    fn reader(&mut self, now: Instant) -> Option<Slow> {
        let written = self.flow.written.load(Relaxed);
        if self.flow.write_blocked.load(Relaxed) {
            let stretch = self.writing.get_or_insert(Stretch { since: now, bytes: written });
            if stretch.is_too_slow(now, written, self.grace, self.rate) {
                return Some(Slow::Reader);
            }
        } else {
            self.writing = None;
        }
        let fresh = |outflow: Arc<Outflow>| (outflow, Stretch { since: now, bytes: 0 });
        self.outflows.extend(self.flow.take_outflows().into_iter().map(fresh));
        self.outflows.retain(|(outflow, _)| !outflow.ended.load(Relaxed));
        for (outflow, stretch) in &mut self.outflows {
            let bytes = outflow.bytes.load(Relaxed);
            if outflow.waits_for_us.load(Relaxed) {
                *stretch = Stretch { since: now, bytes };
            } else if stretch.is_too_slow(now, bytes, self.grace, self.rate) {
                return Some(Slow::Reader);
            }
        }
        None
    }

    /// Clients that send no request, or never finish the head of one.
    fn quiet(&mut self, now: Instant) -> Option<Slow> {
        let started = self.flow.started.load(Relaxed);
        if self.flow.in_flight() > 0 || started != self.started {
            self.started = started;
            self.quiet_since = now;
            self.head_since = None;
            return None;
        }
        let read = self.flow.read.load(Relaxed);
        if read == 0 {
            return (now - self.born > self.first_byte).then_some(Slow::FirstByte);
        }
        let opening = self.flow.h2 && started == 0 && read < H2_OPENING_BYTES;
        if opening || self.flow.head_open.load(Relaxed) {
            let since = *self.head_since.get_or_insert(now);
            return (now - since > self.headers).then_some(Slow::Head);
        }
        self.head_since = None;
        (now - self.quiet_since > self.idle).then_some(Slow::Idle)
    }
}

#[cfg(test)]
mod tests;
