//! What stands behind one instance of the JavaScript engine. Made for one request and dropped with it.
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Body as _;
use wasmtime::Memory;

use super::{answer::Outgoing, asks::Asks, places::Places, timers::Timers};
use crate::{
    clock::monotonic_ns,
    js::abi::{Event, Told},
    work::{body::RequestBody, call::Call, limiter::Limiter, meter::Verdict},
};

/// Ticks that the guest gets after its CPU time is used up, to say where it was.
const LAST_TICKS: u32 = 5;

/// The store's data.
pub(in crate::work) struct Guest {
    pub(in crate::work) call: Arc<Call>,
    pub(super) limiter: Limiter,
    pub(super) memory: Option<Memory>,
    pub(super) began_ns: u64,
    pub(super) answer: Answer,
    pub(super) incoming: Incoming,
    pub(super) timers: Timers,
    pub(super) asks: Asks,
    /// What the guest told before it gave up.
    pub(super) told: Option<Told>,
    /// Names what is told of a place in the source.
    pub(super) places: Arc<Places>,
    ticks_after: u32,
    pub(super) spent: bool,
}

/// How far the guest's answer is.
pub(super) enum Answer {
    Awaited,
    Streaming(Arc<Outgoing>),
    Complete,
}

/// The request's body, and whether the guest waits for it.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) body: Option<RequestBody>,
    /// Came while nobody read.
    held: Option<Read>,
    pub(super) wanted: bool,
}

/// One reading of the request's body.
pub(super) enum Read {
    Piece(Bytes),
    End,
    Broken,
}

impl Guest {
    pub(super) fn new(call: Arc<Call>, places: Arc<Places>) -> Self {
        Self {
            places,
            limiter: Limiter::new(call.clone()),
            call,
            memory: None,
            began_ns: monotonic_ns(),
            answer: Answer::Awaited,
            incoming: Incoming::default(),
            timers: Timers::default(),
            asks: Asks::default(),
            told: None,
            ticks_after: 0,
            spent: false,
        }
    }

    /// Asked at each tick. When the CPU time is used up, the engine gets a moment to say where; its own loops ask `spent`.
    pub(super) fn at_tick(&mut self) -> Verdict {
        match self.call.meter.at_tick() {
            Verdict::Spent if self.ticks_after < LAST_TICKS => {
                self.ticks_after += 1;
                self.spent = true;
                Verdict::GoOn
            }
            verdict => verdict,
        }
    }

    /// The next thing that the guest waits for; `None` when it waits for nothing.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        if let Poll::Ready(id) = self.timers.poll(cx) {
            return Poll::Ready(Some(Event::Timer(id)));
        }
        if let Poll::Ready(number) = self.asks.poll(cx) {
            return Poll::Ready(Some(Event::Answer(number)));
        }
        if self.incoming.wanted && self.incoming.poll(cx).is_ready() {
            return Poll::Ready(Some(Event::Body));
        }
        if let Answer::Streaming(outgoing) = &self.answer
            && outgoing.take_drained()
        {
            return Poll::Ready(Some(Event::Drained));
        }
        if self.waits() { Poll::Pending } else { Poll::Ready(None) }
    }

    fn waits(&self) -> bool {
        let drain = matches!(&self.answer, Answer::Streaming(outgoing) if outgoing.is_waited_for());
        drain || self.incoming.wanted || !self.timers.is_empty() || !self.asks.is_empty()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        if let Answer::Streaming(outgoing) = &self.answer {
            outgoing.break_off();
        }
        self.call.set_memory_peak(self.limiter.memory_peak());
    }
}

impl Incoming {
    /// Ready when there is something to read.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.held.is_none() {
            let Poll::Ready(read) = self.fetch(cx) else { return Poll::Pending };
            self.held = Some(read);
        }
        self.wanted = false;
        Poll::Ready(())
    }

    /// Reads now, at most `room` bytes; `None`: there is nothing yet, and an event will say when there is.
    pub(super) fn read(&mut self, room: usize) -> Option<Read> {
        let read = match self.held.take() {
            Some(read) => read,
            None => match self.fetch(&mut Context::from_waker(std::task::Waker::noop())) {
                Poll::Ready(read) => read,
                Poll::Pending => {
                    self.wanted = true;
                    return None;
                }
            },
        };
        Some(match read {
            Read::Piece(mut bytes) if bytes.len() > room => {
                let piece = bytes.split_to(room);
                self.held = Some(Read::Piece(bytes));
                Read::Piece(piece)
            }
            read => read,
        })
    }

    fn fetch(&mut self, cx: &mut Context<'_>) -> Poll<Read> {
        let Some(body) = &mut self.body else { return Poll::Ready(Read::End) };
        loop {
            return Poll::Ready(match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => Read::End,
                Poll::Ready(Some(Err(_))) => Read::Broken,
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) if bytes.is_empty() => continue,
                    Ok(bytes) => Read::Piece(bytes),
                    // Trailers: the Web's `Request` has no place for them.
                    Err(_) => continue,
                },
            });
        }
    }
}
