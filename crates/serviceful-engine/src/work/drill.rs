//! The door of the assume-breach drill: a test build may answer in a guest's place, with native code. Production has none.
use bytes::Bytes;
use wire::{
    Frame, FrameError,
    work::{Ended, Fields, Head, Invoke, to_front},
};

use crate::door::frame;

/// What a test build links into a worker. [`Default`] is what production has: nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hooks {
    /// Called before a guest runs; text that it gives becomes the response, and no guest runs.
    pub before_guest: Option<fn(&Invoke) -> Option<String>>,
}

/// A whole response with `text` as its body, cut to one frame.
pub(super) fn answer(stream: u32, text: String) -> Result<Vec<Frame>, FrameError> {
    let mut body = Bytes::from(text);
    body.truncate(wire::CHUNK_BYTES_MAX);
    let fields = Fields(vec![("content-type".into(), b"text/plain".to_vec())]);
    Ok(vec![
        frame(to_front::HEAD, stream, &Head { status: 200, fields })?,
        Frame::new(to_front::BODY, stream, body),
        frame(to_front::BODY_END, stream, &Fields::default())?,
        frame(to_front::ENDED, stream, &Ended::default())?,
    ])
}
