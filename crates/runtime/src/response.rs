//! From a worker's words to an HTTP response. Everything is checked again here: a worker is not believed.
use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use gateway::{Body, BodyError};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::sync::OwnedSemaphorePermit;
use types::RunLimits;
use wire::{
    Frame, encode,
    work::{CREDIT_BYTES, Credit, Failure, Fields, Head, to_worker},
};

use crate::{
    error::RunError,
    stream::{BodyFault, Said, Stream},
    worker::Worker,
};

/// A call under way: keeps its place, and cancels it when nobody wants the answer any more.
pub(crate) struct Call {
    pub(crate) worker: Arc<Worker>,
    pub(crate) id: u32,
    pub(crate) stream: Stream,
    pub(crate) finished: bool,
    pub(crate) _place: Option<Arc<OwnedSemaphorePermit>>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.worker.busy.fetch_sub(1, Ordering::AcqRel);
        if !self.finished {
            self.worker.abandon(self.id);
        }
    }
}

fn bad(reason: &str) -> RunError {
    RunError::Guest(Failure::BadResponse { reason: reason.to_owned() })
}

fn over(limit: &str, reason: String) -> RunError {
    RunError::Guest(Failure::Limit { limit: limit.to_owned(), reason })
}

/// Fields that belong to one hop: the door writes its own (RFC 9110 section 7.6.1).
const HOP: [&str; 6] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"];

fn is_our_cookie(value: &[u8]) -> bool {
    const PREFIX: &[u8] = b"__host-sf-";
    value.trim_ascii_start().get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

fn fields(fields: Fields, limits: &RunLimits) -> Result<HeaderMap, RunError> {
    let bytes: usize = fields.0.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes as u64 > limits.header_bytes {
        return Err(over("header_bytes", format!("{bytes} bytes of header fields")));
    }
    let mut map = HeaderMap::with_capacity(fields.0.len());
    for (name, value) in fields.0 {
        // SECURITY: a guest that could write the platform's own fields or cookies could speak to browsers in its name.
        let ours = name.starts_with("sf-") || (name == "set-cookie" && is_our_cookie(&value));
        if ours || HOP.contains(&name.as_str()) {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("a header name is not a token"))?;
        let value = HeaderValue::from_maybe_shared(Bytes::from(value))
            .map_err(|_| bad("a header value holds a control character"))?;
        map.append(name, value);
    }
    Ok(map)
}

/// Turns the head, and what of the body has come with it, into a response.
pub(crate) fn response(head: Head, mut call: Call, limits: &RunLimits) -> Result<Response<Body>, RunError> {
    let status = StatusCode::from_u16(head.status).map_err(|_| bad("the status is not an HTTP status"))?;
    if status.is_informational() {
        return Err(bad("an informational status cannot be a response"));
    }
    let headers = fields(head.fields, limits)?;
    let bytes_max = limits.response_kib.saturating_mul(1_024);
    let body = match whole(&mut call, bytes_max)? {
        Whole::Done(bytes) => Full::new(bytes).map_err(|never| match never {}).boxed_unsync(),
        Whole::Partly(first) => {
            Streamed { call, first, bytes_left: bytes_max, owed: 0, limits: *limits }.boxed_unsync()
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
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
                return Err(RunError::Guest(failure));
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
    /// Consumed bytes that the worker has not been told of.
    owed: u32,
    limits: RunLimits,
}

impl Streamed {
    fn data(&mut self, bytes: Bytes) -> Result<http_body::Frame<Bytes>, BodyError> {
        let count = bytes.len() as u64;
        let Some(left) = self.bytes_left.checked_sub(count) else {
            return Err(BodyError::TooLarge { max_bytes: self.limits.response_kib.saturating_mul(1_024) });
        };
        self.bytes_left = left;
        self.owed = self.owed.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        // Credit goes back in halves: one small frame for many pieces.
        if self.owed >= CREDIT_BYTES / 2 {
            self.call.stream.give_response_credit(self.owed);
            if let Ok(payload) = encode(&Credit { bytes: self.owed }) {
                let _ = self.call.worker.sender.send(vec![Frame::new(to_worker::CREDIT, self.call.id, payload)]);
            }
            self.owed = 0;
        }
        Ok(http_body::Frame::data(bytes))
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
            if self.call.finished {
                return Poll::Ready(None);
            }
            let said = match self.first.pop_front() {
                Some(said) => said,
                None => match self.call.stream.poll_next(cx) {
                    Poll::Ready(said) => said,
                    Poll::Pending => return Poll::Pending,
                },
            };
            return Poll::Ready(match said {
                Said::Body(bytes) if bytes.is_empty() => continue,
                Said::Body(bytes) => Some(self.data(bytes)),
                Said::BodyEnd(trailers) => {
                    self.call.finished = true;
                    match fields(trailers, &self.limits) {
                        Ok(map) if map.is_empty() => None,
                        Ok(map) => Some(Ok(http_body::Frame::trailers(map))),
                        Err(_) => Some(Err(BodyError::Broken)),
                    }
                }
                Said::RequestBody(BodyFault::TooLarge | BodyFault::Broken) | Said::Head(_) | Said::Loaded(_) => {
                    continue;
                }
                Said::Failed(_) | Said::Ended | Said::Lost { .. } => {
                    self.call.finished = true;
                    Some(Err(BodyError::Broken))
                }
            });
        }
    }
}
