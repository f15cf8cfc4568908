//! From a worker's words to an HTTP response. Everything is checked again here: a worker is not believed.
use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use gateway::{Body, BodyError};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep_until},
};
use types::RunLimits;
use wire::{
    Frame, encode,
    work::{CREDIT_BYTES, Credit, Head, to_worker},
};

use crate::{
    error::RunError,
    fields::{bad, checked, over, take_length},
    stream::{BodyFault, Said, Stream},
    worker::{Verdict, Worker},
};

/// A call under way: keeps its place, and cancels it when nobody wants the answer any more.
pub(crate) struct Call {
    pub(crate) worker: Arc<Worker>,
    pub(crate) id: u32,
    pub(crate) stream: Stream,
    /// When the worker must have said everything.
    pub(crate) late_at: Instant,
    pub(crate) finished: bool,
    pub(crate) _place: Option<Arc<OwnedSemaphorePermit>>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.worker.busy.fetch_sub(1, Ordering::AcqRel);
        // After a whole answer the guest may still read its request, until the worker says that it ended.
        if !self.finished {
            self.stream.close();
            self.worker.abandon(self.id);
        }
    }
}

/// Turns the head, and what of the body has come with it, into a response. `asked_head`: the request was a `HEAD`.
pub(crate) fn response(
    head: Head,
    mut call: Call,
    limits: &RunLimits,
    asked_head: bool,
) -> Result<Response<Body>, RunError> {
    let status = StatusCode::from_u16(head.status).map_err(|_| bad("the status is not an HTTP status"))?;
    if status.is_informational() {
        return Err(bad("an informational status cannot be a response"));
    }
    let mut headers = checked(head.fields, limits)?;
    // SECURITY: bytes that do not fit a length would be read as the next response on the connection. We count ourselves.
    let length = take_length(&mut headers);
    let bytes_max = limits.response_kib.saturating_mul(1_024);
    let whole = whole(&mut call, bytes_max)?;
    let body = if asked_head || status == StatusCode::NOT_MODIFIED || status == StatusCode::NO_CONTENT {
        // These have no body; the first two may say how long it would be (RFC 9110 section 8.6).
        if status != StatusCode::NO_CONTENT {
            let counted = if let Whole::Done(bytes) = &whole { bytes.len() as u64 } else { 0 };
            say_length(&mut headers, length?.or((counted > 0).then_some(counted)));
        }
        Empty::new().map_err(|never| match never {}).boxed_unsync()
    } else {
        match whole {
            Whole::Done(bytes) => Full::new(bytes).map_err(|never| match never {}).boxed_unsync(),
            Whole::Partly(first) => {
                let declared = length?;
                say_length(&mut headers, declared);
                let late = None;
                Streamed { call, first, bytes_left: bytes_max, declared, owed: 0, limits: *limits, late, over: false }
                    .boxed_unsync()
            }
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn say_length(headers: &mut HeaderMap, length: Option<u64>) {
    if let Some(length) = length {
        // There is room: one was taken out, or the map is far below its end.
        let _ = headers.try_insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

enum Whole {
    Done(Bytes),
    /// What has come so far, still to be sent.
    Partly(std::collections::VecDeque<Said>),
}

/// Most answers come with their head in one piece; they need no stream.
fn whole(call: &mut Call, bytes_max: u64) -> Result<Whole, RunError> {
    let mut came = std::collections::VecDeque::new();
    loop {
        match call.stream.take() {
            Some(Said::BodyEnd(trailers)) if trailers.0.is_empty() => break,
            Some(Said::Failed(failure)) => {
                // Nothing has been sent yet, so the failure can still be said in words.
                return Err(RunError::failed(failure));
            }
            Some(said @ Said::BodyEnd(_)) => {
                came.push_back(said);
                return Ok(Whole::Partly(came));
            }
            Some(said) => came.push_back(said),
            None => return Ok(Whole::Partly(came)),
        }
    }
    call.finished = true;
    let pieces = came.into_iter().filter_map(|said| if let Said::Body(bytes) = said { Some(bytes) } else { None });
    let mut pieces: Vec<Bytes> = pieces.collect();
    let total: usize = pieces.iter().map(Bytes::len).sum();
    if total as u64 > bytes_max {
        return Err(over("response_kib", format!("{total} bytes")));
    }
    if pieces.len() == 1 {
        return Ok(Whole::Done(pieces.pop().unwrap_or_default()));
    }
    let mut joined = BytesMut::with_capacity(total);
    for piece in &pieces {
        joined.extend_from_slice(piece);
    }
    Ok(Whole::Done(joined.freeze()))
}

/// A body that still comes.
struct Streamed {
    call: Call,
    first: std::collections::VecDeque<Said>,
    bytes_left: u64,
    /// Bytes that its `content-length` still promises.
    declared: Option<u64>,
    /// Consumed bytes that the worker has not been told of.
    owed: u32,
    limits: RunLimits,
    /// Made when there is something to wait for.
    late: Option<Pin<Box<Sleep>>>,
    /// The last frame, or the error, was given.
    over: bool,
}

impl Streamed {
    fn data(&mut self, bytes: Bytes) -> Result<http_body::Frame<Bytes>, BodyError> {
        let count = bytes.len() as u64;
        let Some(left) = self.bytes_left.checked_sub(count) else {
            return Err(BodyError::TooLarge { max_bytes: self.limits.response_kib.saturating_mul(1_024) });
        };
        self.bytes_left = left;
        if let Some(declared) = &mut self.declared {
            *declared = declared.checked_sub(count).ok_or(BodyError::Broken)?;
        }
        self.owed = self.owed.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        // Credit goes back in halves: one small frame for many pieces.
        if self.owed >= CREDIT_BYTES / 2 {
            self.call.stream.give_response_credit(self.owed);
            if let Ok(payload) = encode(&Credit { bytes: self.owed }) {
                let _ = self.call.worker.send(vec![Frame::new(to_worker::CREDIT, self.call.id, payload)]);
            }
            self.owed = 0;
        }
        Ok(http_body::Frame::data(bytes))
    }

    /// The next thing said; `None` when the worker is silent past its time.
    fn poll_said(&mut self, cx: &mut Context<'_>) -> Poll<Option<Said>> {
        if let Some(said) = self.first.pop_front() {
            return Poll::Ready(Some(said));
        }
        if let Poll::Ready(said) = self.call.stream.poll_next(cx) {
            return Poll::Ready(Some(said));
        }
        let late_at = self.call.late_at;
        self.late.get_or_insert_with(|| Box::pin(sleep_until(late_at))).as_mut().poll(cx).map(|()| None)
    }

    fn end(&mut self, trailers: wire::work::Fields) -> Option<Result<http_body::Frame<Bytes>, BodyError>> {
        self.call.finished = true;
        if self.declared.is_some_and(|left| left > 0) {
            return Some(Err(BodyError::Broken));
        }
        let Ok(mut map) = checked(trailers, &self.limits) else { return Some(Err(BodyError::Broken)) };
        map.remove(header::CONTENT_LENGTH);
        (!map.is_empty()).then(|| Ok(http_body::Frame::trailers(map)))
    }

    /// Nothing more comes, and nothing of it can be repaired.
    fn broken(&mut self) -> Option<Result<http_body::Frame<Bytes>, BodyError>> {
        self.over = true;
        Some(Err(BodyError::Broken))
    }
}

impl http_body::Body for Streamed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        loop {
            if self.over {
                return Poll::Ready(None);
            }
            let said = match self.poll_said(cx) {
                Poll::Ready(said) => said,
                Poll::Pending => return Poll::Pending,
            };
            return Poll::Ready(match said {
                Some(Said::Body(bytes)) => match self.data(bytes) {
                    Ok(frame) => Some(Ok(frame)),
                    Err(error) => {
                        self.over = true;
                        Some(Err(error))
                    }
                },
                Some(Said::BodyEnd(trailers)) => {
                    self.over = true;
                    self.end(trailers)
                }
                Some(Said::RequestBody(BodyFault::TooLarge | BodyFault::Broken) | Said::Head(_) | Said::Loaded(_)) => {
                    continue;
                }
                Some(Said::Failed(_) | Said::Ended | Said::Lost { .. }) => {
                    self.call.finished = true;
                    self.broken()
                }
                None => {
                    // SECURITY: a worker that ignores its own clock may be somebody else's by now.
                    self.call.worker.end(Verdict::Ended("a response was not over when its time was"));
                    self.broken()
                }
            });
        }
    }
}
