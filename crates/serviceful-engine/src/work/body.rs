//! The request body as the HTTP library reads it: straight from what the channel brought.
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use wasmtime_wasi_http::Error;

use super::call::{Call, Piece};

/// The request body of one call.
pub(crate) struct RequestBody {
    call: Arc<Call>,
    over: bool,
}

impl RequestBody {
    pub(crate) const fn new(call: Arc<Call>) -> Self {
        Self { call, over: false }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let Poll::Ready(piece) = self.call.poll_body(cx.waker()) else { return Poll::Pending };
        self.over = !matches!(piece, Piece::Data(_));
        Poll::Ready(match piece {
            Piece::Data(bytes) => Some(Ok(Frame::data(bytes))),
            Piece::Trailers(map) => Some(Ok(Frame::trailers(map))),
            Piece::End => None,
            Piece::Broken(reason) => Some(Err(Error::InternalError(Some(reason)))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.call.body_is_over()
    }
}
