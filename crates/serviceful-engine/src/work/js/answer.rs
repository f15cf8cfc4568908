//! The response of a function on its way to the front: whole, or in pieces that wait here until there is credit.
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::Error;

/// Bytes that may wait before the guest is told to.
const FULL_BYTES: usize = 256 << 10;

/// A whole body.
pub(super) struct Whole(pub(super) Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// A body in pieces: the guest's side.
#[derive(Default)]
pub(super) struct Outgoing {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    ended: bool,
    broken: bool,
    /// The guest was told to wait.
    full: bool,
    /// There is room again, and the guest does not know yet.
    drained: bool,
    reader: Option<Waker>,
}

impl Outgoing {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a piece. `false`: wait before the next.
    pub(super) fn write(&self, piece: Bytes) -> bool {
        let mut state = self.lock();
        state.bytes += piece.len();
        state.pieces.push_back(piece);
        state.full = state.bytes > FULL_BYTES;
        let go_on = !state.full;
        wake(state);
        go_on
    }

    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().bytes
    }

    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        wake(state);
    }

    /// The guest is gone; what is not complete never will be.
    pub(super) fn break_off(&self) {
        let mut state = self.lock();
        state.broken = !state.ended;
        wake(state);
    }

    /// Whether the guest waits for room.
    pub(super) fn is_waited_for(&self) -> bool {
        let state = self.lock();
        state.full || state.drained
    }

    /// Once after there was room again.
    pub(super) fn take_drained(&self) -> bool {
        std::mem::take(&mut self.lock().drained)
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// A body in pieces: the front's side.
pub(super) struct Streamed(pub(super) Arc<Outgoing>);

impl Body for Streamed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut state = self.0.lock();
        if let Some(piece) = state.pieces.pop_front() {
            state.bytes -= piece.len();
            if state.full && state.bytes <= FULL_BYTES / 2 {
                state.full = false;
                state.drained = true;
                // The same task runs guest and response; it must look at the guest again.
                cx.waker().wake_by_ref();
            }
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if state.ended {
            return Poll::Ready(None);
        }
        if state.broken {
            return Poll::Ready(Some(Err(Error::InternalError(None))));
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}
