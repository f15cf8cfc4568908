//! One call's mailbox: what the worker's reader puts in, and the call takes out.
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use wire::{
    CHUNK_BYTES_MAX,
    work::{CREDIT_BYTES, Failure, Fields, Head, Loaded},
};

/// A shorter piece of a body is copied: as a slice it would keep all of the buffer that it was received in.
const SMALL_BYTES: usize = 16 << 10;

/// Something that a worker said about a call.
#[derive(Debug)]
pub(crate) enum Said {
    Loaded(Loaded),
    Head(Head),
    Body(Bytes),
    BodyEnd(Fields),
    Failed(Failure),
    /// The instance is gone.
    Ended,
    /// Our own pump says: the request body did not come to its end.
    RequestBody(BodyFault),
    /// The worker is gone, or was ended for a lie.
    Lost {
        lie: Option<String>,
    },
}

/// What was wrong with the client's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    TooLarge,
    Broken,
}

#[derive(Debug, Default)]
struct State {
    said: VecDeque<Said>,
    reader: Option<Waker>,
    sender: Option<Waker>,
    /// Response bytes the worker may still send.
    response_credit: u32,
    /// Request bytes we may still send.
    request_credit: u32,
    /// No more request bytes are wanted.
    over: bool,
    /// Nobody reads here any more.
    closed: bool,
}

impl State {
    fn end(&mut self) {
        self.over = true;
        if let Some(sender) = self.sender.take() {
            sender.wake();
        }
    }

    /// Small pieces join the one before them, so that what waits costs about as much memory as its credit says.
    fn push_body(&mut self, piece: Bytes) {
        if piece.len() >= SMALL_BYTES {
            return self.said.push_back(Said::Body(piece));
        }
        let last = match self.said.back_mut() {
            Some(Said::Body(last)) if last.len() + piece.len() <= CHUNK_BYTES_MAX => {
                std::mem::take(last).try_into_mut()
            }
            _ => return self.said.push_back(Said::Body(Bytes::copy_from_slice(&piece))),
        };
        let joined = match last {
            Ok(mut last) => {
                last.extend_from_slice(&piece);
                last.freeze()
            }
            Err(shared) => Bytes::from([shared.as_ref(), piece.as_ref()].concat()),
        };
        if let Some(Said::Body(last)) = self.said.back_mut() {
            *last = joined;
        }
    }
}

/// A call's two directions, shared by the worker's reader, the body pump and the response.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    state: Arc<Mutex<State>>,
}

impl Stream {
    pub(crate) fn new() -> Self {
        let state = State { response_credit: CREDIT_BYTES, request_credit: CREDIT_BYTES, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called by the worker's reader. `Err` names the lie: more bytes than there was credit for.
    pub(crate) fn put(&self, said: Said) -> Result<(), &'static str> {
        let mut state = self.lock();
        if let Said::Body(bytes) = &said {
            let count = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let Some(left) = state.response_credit.checked_sub(count) else {
                return Err("it sent more than its credit");
            };
            state.response_credit = left;
        }
        if matches!(said, Said::Ended | Said::Lost { .. }) {
            state.end();
        }
        if state.closed {
            return Ok(());
        }
        // INVARIANT: bounded: bodies by credit, and every other frame comes at most once a call (checked by the reader).
        match said {
            Said::Body(piece) => state.push_body(piece),
            said => state.said.push_back(said),
        }
        if let Some(reader) = state.reader.take() {
            reader.wake();
        }
        Ok(())
    }

    /// The worker took request bytes. `Err` names the lie: it gave back more than was ever sent.
    pub(crate) fn give_request_credit(&self, bytes: u32) -> Result<(), &'static str> {
        let mut state = self.lock();
        match state.request_credit.checked_add(bytes) {
            Some(total) if bytes > 0 && total <= CREDIT_BYTES => state.request_credit = total,
            _ => return Err("it gave no credit, or more than was used"),
        }
        if let Some(sender) = state.sender.take() {
            sender.wake();
        }
        Ok(())
    }

    /// Nobody wants the call any more: what waits is dropped, what still comes is not kept, and the request's body ends.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.said.clear();
        state.end();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits until no more request bytes are wanted. For the task that also waits for [`Stream::request_credit`].
    pub(crate) async fn over(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.over {
                return Poll::Ready(());
            }
            state.sender = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// We consumed response bytes, and will say so to the worker.
    pub(crate) fn give_response_credit(&self, bytes: u32) {
        let mut state = self.lock();
        state.response_credit = state.response_credit.saturating_add(bytes).min(CREDIT_BYTES);
    }

    /// The next thing said.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Said> {
        let mut state = self.lock();
        match state.said.pop_front() {
            Some(said) => Poll::Ready(said),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// The next thing said.
    pub(crate) async fn next(&self) -> Said {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Something said already, without waiting.
    pub(crate) fn take(&self) -> Option<Said> {
        self.lock().said.pop_front()
    }

    /// Waits for credit and takes up to `wanted` bytes of it; 0 when the call is over.
    pub(crate) async fn request_credit(&self, wanted: usize) -> usize {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.over {
                return Poll::Ready(0);
            }
            let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
            let taken = wanted.min(state.request_credit);
            if taken == 0 {
                state.sender = Some(cx.waker().clone());
                return Poll::Pending;
            }
            state.request_credit -= taken;
            Poll::Ready(taken as usize)
        })
        .await
    }

    /// Takes credit only if all of it is there now.
    pub(crate) fn try_request_credit(&self, wanted: usize) -> bool {
        let mut state = self.lock();
        match u32::try_from(wanted).ok().and_then(|w| state.request_credit.checked_sub(w)) {
            Some(left) => {
                state.request_credit = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drip_of_bytes_does_not_cost_more_than_its_credit() {
        let (stream, buffer) = (Stream::new(), Bytes::from(vec![7; 64 << 10]));
        for at in 0..200_000 {
            let at = at % buffer.len();
            assert_eq!(stream.put(Said::Body(buffer.slice(at..=at))), Ok(()));
        }
        let mut bytes = 0;
        let mut pieces = 0;
        while let Some(Said::Body(piece)) = stream.take() {
            bytes += piece.len();
            pieces += 1;
        }
        assert_eq!((bytes, pieces), (200_000, 4));
        assert!(buffer.is_unique(), "a piece kept the buffer that it came in");
    }

    #[test]
    fn more_than_the_credit_is_a_lie_and_a_closed_stream_keeps_nothing() {
        let stream = Stream::new();
        let piece = Bytes::from(vec![0; 64 << 10]);
        for _ in 0..4 {
            assert_eq!(stream.put(Said::Body(piece.clone())), Ok(()));
        }
        assert!(stream.put(Said::Body(Bytes::from_static(b"x"))).is_err());
        assert!(stream.give_request_credit(0).is_err() && stream.give_request_credit(1).is_err());
        stream.close();
        assert!(stream.take().is_none());
        assert_eq!(stream.put(Said::Ended), Ok(()));
        assert!(stream.take().is_none());
    }
}
