//! The body of a request: not larger than any route takes, and not slower than a client that means it.
use std::{
    future::Future as _,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use gateway::{Body, BodyError};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use crate::{Config, fields, flow::Flow};

/// Wraps what the parser reads. Only time spent waiting for the client counts; while nobody polls, back-pressure does its work.
struct Inbound {
    body: Incoming,
    flow: Arc<Flow>,
    bytes: u64,
    bytes_max: u64,
    rate: u64,
    grace: Duration,
    total: Duration,
    waited: Duration,
    waiting: Option<Waiting>,
    /// Made when the client first lets us wait.
    alarm: Option<Pin<Box<Sleep>>>,
}

/// A stretch of waiting.
#[derive(Clone, Copy)]
struct Waiting {
    since: Instant,
}

/// The body for an arrival.
pub(crate) fn inbound(body: Incoming, flow: &Arc<Flow>, config: &Config) -> Body {
    if body.is_end_stream() {
        return Empty::new().map_err(|never| match never {}).boxed_unsync();
    }
    let ms = Duration::from_millis;
    Inbound {
        body,
        flow: flow.clone(),
        bytes: 0,
        bytes_max: config.body_bytes_max,
        rate: config.body_bytes_per_second_min,
        grace: ms(config.body_grace_ms),
        total: ms(config.body_total_ms),
        waited: Duration::ZERO,
        waiting: None,
        alarm: None,
    }
    .boxed_unsync()
}

impl Inbound {
    fn took(&mut self, frame: &Frame<Bytes>) -> Result<(), BodyError> {
        if let Some(waiting) = self.waiting.take() {
            self.waited += Instant::now() - waiting.since;
        }
        if let Some(data) = frame.data_ref() {
            self.bytes = self.bytes.saturating_add(data.len() as u64);
            if self.bytes > self.bytes_max {
                return Err(BodyError::TooLarge { max_bytes: self.bytes_max });
            }
        }
        if let Some(trailers) = frame.trailers_ref() {
            // A trailer may be merged into the head by whoever reads it: the same names are refused.
            let bad = |name: &http::HeaderName| fields::check_name(name.as_str()).is_err();
            if trailers.len() > 64 || trailers.keys().any(bad) {
                return Err(BodyError::Malformed);
            }
        }
        Ok(())
    }

    /// Called when the client has nothing for us: whether its time is over.
    fn wait(&mut self, cx: &mut Context<'_>) -> Result<(), BodyError> {
        let now = Instant::now();
        let since = self.waiting.get_or_insert(Waiting { since: now }).since;
        loop {
            let waited = self.waited + (now - since);
            if waited >= self.total || (waited >= self.grace && self.is_below_rate(waited)) {
                self.flow.slow_body.store(true, Relaxed);
                return Err(BodyError::TooSlow);
            }
            // Nothing can be judged before the grace is over; after it, once a second.
            let next = self.grace.saturating_sub(waited).max(Duration::from_secs(1)).min(self.total - waited);
            let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(now + next)));
            if alarm.deadline() <= now {
                alarm.as_mut().reset(now + next);
            }
            if alarm.as_mut().poll(cx).is_pending() {
                return Ok(());
            }
        }
    }

    fn is_below_rate(&self, waited: Duration) -> bool {
        u128::from(self.bytes) < u128::from(self.rate) * waited.as_millis() / 1_000
    }

    fn broke(error: &hyper::Error) -> BodyError {
        if error.is_parse() || error.is_user() { BodyError::Malformed } else { BodyError::Gone }
    }
}

impl http_body::Body for Inbound {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(this.took(&frame).map(|()| frame))),
            Poll::Ready(Some(Err(e))) => Poll::Ready(Some(Err(Self::broke(&e)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => match this.wait(cx) {
                Ok(()) => Poll::Pending,
                Err(e) => Poll::Ready(Some(Err(e))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
