//! Turns what a guest answers into frames, as fast as the front gives credit and no faster.
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Body as _;
use wasmtime_wasi_http::WasiBody;
use wire::{
    CHUNK_BYTES_MAX, Frame,
    work::{Failure, Fields, Head, to_front},
};

use super::{call::Call, failure::cut, fields, logs::harmless};

/// How far an answer has come.
pub(crate) enum Response {
    /// The guest has not answered yet.
    Awaited,
    Streaming(Stream),
    /// `BODY_END` is under way.
    Complete,
}

/// A body on its way.
pub(crate) struct Stream {
    body: WasiBody,
    /// Taken from the guest, waiting for credit.
    held: Bytes,
    sent: u64,
}

impl Response {
    pub(crate) const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }

    /// Moves whatever can be moved now. `Ok(true)`: something moved, so the guest may be able to go on.
    pub(crate) fn pump(&mut self, call: &Call, cx: &mut Context<'_>) -> Result<bool, Failure> {
        let mut moved = false;
        if let Self::Awaited = self {
            let Some(answer) = call.take_answer() else { return Ok(false) };
            let reason = |error| format!("the function answered with the error `{error}`");
            let answer = answer.map_err(|error| Failure::BadResponse { reason: reason(error) })?;
            let (parts, body) = answer.into_parts();
            head(call, &parts)?;
            *self = Self::Streaming(Stream { body, held: Bytes::new(), sent: 0 });
            moved = true;
        }
        if let Self::Streaming(stream) = self {
            while let Poll::Ready(step) = stream.step(call, cx)? {
                moved = true;
                if step == Step::Complete {
                    *self = Self::Complete;
                    call.set_answered();
                    break;
                }
            }
        }
        Ok(moved)
    }
}

#[derive(PartialEq, Eq)]
enum Step {
    Moved,
    Complete,
}

impl Stream {
    fn step(&mut self, call: &Call, cx: &mut Context<'_>) -> Result<Poll<Step>, Failure> {
        if !self.held.is_empty() {
            let credit = call.credit();
            if credit == 0 {
                return Ok(Poll::Pending);
            }
            let length = self.held.len().min(CHUNK_BYTES_MAX).min(credit as usize);
            let piece = self.held.split_to(length);
            call.spend_credit(u32::try_from(length).unwrap_or(u32::MAX));
            call.push(Frame::new(to_front::BODY, call.stream, piece));
            return Ok(Poll::Ready(Step::Moved));
        }
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else { return Ok(Poll::Pending) };
        let Some(frame) = frame else {
            call.tell(to_front::BODY_END, &Fields::default());
            return Ok(Poll::Ready(Step::Complete));
        };
        let broken = |error| Failure::BadResponse { reason: cut(&format!("the response body broke off: {error}")) };
        match frame.map_err(broken)?.into_data() {
            Ok(data) => {
                self.sent += data.len() as u64;
                if self.sent > call.limits.response_kib << 10 {
                    let reason = format!("its response is larger than {} KiB", call.limits.response_kib);
                    return Err(Failure::Limit { limit: "response_kib".into(), reason });
                }
                self.held = data;
                Ok(Poll::Ready(Step::Moved))
            }
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                let (fields, size) = fields::from_map(&trailers);
                within(call, size, "trailers")?;
                call.tell(to_front::BODY_END, &fields);
                Ok(Poll::Ready(Step::Complete))
            }
        }
    }
}

fn head(call: &Call, parts: &http::response::Parts) -> Result<(), Failure> {
    let (fields, size) = fields::from_map(&parts.headers);
    within(call, size, "header fields")?;
    let status = parts.status.as_u16();
    if status < 200 {
        let reason = format!("status {status} is an interim one; a response needs a final status, 200 to 599");
        return Err(Failure::BadResponse { reason: harmless(reason.as_bytes()) });
    }
    call.tell(to_front::HEAD, &Head { status, fields });
    Ok(())
}

fn within(call: &Call, size: u64, what: &str) -> Result<(), Failure> {
    let max = call.limits.header_bytes;
    if size <= max {
        return Ok(());
    }
    let reason = format!("the {what} of its response have {size} bytes; at most {max} are allowed");
    Err(Failure::Limit { limit: "header_bytes".into(), reason })
}
