//! A streamed body, of a request or a reply.
use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderName;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{BodyExt, Empty, Full, combinators::UnsyncBoxBody};

/// Why a body ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body is larger than {max_bytes} bytes")]
    TooLarge { max_bytes: u64 },
    #[error("the body arrived too slowly")]
    TooSlow,
    #[error("the peer went away")]
    Gone,
    #[error("the body is malformed")]
    Malformed,
    #[error("the function stopped in the middle of its response")]
    Broken,
}

/// Bytes and trailers, with back-pressure.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body whose trailers lack some names.
struct Stripped {
    body: Body,
    names: &'static [HeaderName],
}

/// The body without these trailers, whatever they say: a trailer may be read as if it had come in the head.
pub(crate) fn without_trailers(body: Body, names: &'static [HeaderName]) -> Body {
    if body.is_end_stream() { body } else { Stripped { body, names }.boxed_unsync() }
}

impl http_body::Body for Stripped {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &mut polled
            && let Some(trailers) = frame.trailers_mut()
        {
            for name in self.names {
                trailers.remove(name);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body that tells when it breaks off.
struct Watched<F> {
    body: Body,
    broke: Option<F>,
}

/// The body as it is; `broke` is called once if it ends with an error.
pub(crate) fn watched(body: Body, broke: impl FnOnce(&BodyError) + Send + Unpin + 'static) -> Body {
    Watched { body, broke: Some(broke) }.boxed_unsync()
}

impl<F: FnOnce(&BodyError) + Unpin> http_body::Body for Watched<F> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Err(error))) = &polled
            && let Some(broke) = self.broke.take()
        {
            broke(error);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A body of no bytes.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body of these bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}
