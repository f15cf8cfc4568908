//! A streamed body, of a request or a reply.
use bytes::Bytes;
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

/// A body of no bytes.
pub(crate) fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A body of these bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}
