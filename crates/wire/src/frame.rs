//! One frame: `length u32 | kind u8 | descriptors u8 | reserved u16 | stream u32 | payload`, little-endian.
use bytes::{Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};

/// Longest payload. Bodies travel in chunks of at most [`CHUNK_BYTES_MAX`]; everything else is small.
pub const FRAME_BYTES_MAX: usize = 1 << 20;
/// Longest piece of a body in one frame.
pub const CHUNK_BYTES_MAX: usize = 64 << 10;
/// Most descriptors beside one frame.
pub const FDS_MAX: usize = 4;
pub(crate) const HEADER_BYTES: usize = 12;

/// Why bytes are not a frame, or a payload not a message.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {bytes} bytes is longer than {max}")]
    TooLong { bytes: usize, max: usize },
    #[error("a frame announces {fds} descriptors; at most {max} may come")]
    TooManyFds { fds: usize, max: usize },
    #[error("the payload of frame kind {kind} is malformed")]
    Payload {
        kind: u8,
        #[source]
        source: postcard::Error,
    },
    #[error("frame kind {kind} is not part of this protocol")]
    Unknown { kind: u8 },
    #[error("frame kind {kind} needs a descriptor beside it")]
    MissingFd { kind: u8 },
}

/// A frame as received or to be sent.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    /// Which exchange it belongs to; 0 when it belongs to none.
    pub stream: u32,
    pub payload: Bytes,
    pub fds: Vec<std::os::fd::OwnedFd>,
}

impl Frame {
    /// A frame without descriptors.
    pub const fn new(kind: u8, stream: u32, payload: Bytes) -> Self {
        Self { kind, stream, payload, fds: Vec::new() }
    }

    /// Reads the payload as a message; trailing bytes are refused.
    pub fn message<T: DeserializeOwned>(&self) -> Result<T, FrameError> {
        decode(self.kind, &self.payload)
    }

    /// The first descriptor, or an error that names the kind.
    pub fn take_fd(&mut self) -> Result<std::os::fd::OwnedFd, FrameError> {
        self.fds.pop().ok_or(FrameError::MissingFd { kind: self.kind })
    }

    pub(crate) fn write_to(&self, out: &mut BytesMut) -> Result<(), FrameError> {
        if self.payload.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLong { bytes: self.payload.len(), max: FRAME_BYTES_MAX });
        }
        if self.fds.len() > FDS_MAX {
            return Err(FrameError::TooManyFds { fds: self.fds.len(), max: FDS_MAX });
        }
        let length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        let fds = u8::try_from(self.fds.len()).unwrap_or(u8::MAX);
        out.reserve(HEADER_BYTES + self.payload.len());
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&[self.kind, fds, 0, 0]);
        out.extend_from_slice(&self.stream.to_le_bytes());
        out.extend_from_slice(&self.payload);
        Ok(())
    }
}

/// Encodes a message as a payload.
pub fn encode<T: Serialize>(message: &T) -> Result<Bytes, FrameError> {
    let bytes = postcard::to_stdvec(message).map_err(|source| FrameError::Payload { kind: 0, source })?;
    Ok(Bytes::from(bytes))
}

/// Decodes a payload; trailing bytes are refused.
pub fn decode<T: DeserializeOwned>(kind: u8, payload: &[u8]) -> Result<T, FrameError> {
    let wrong = |source| FrameError::Payload { kind, source };
    let (message, rest) = postcard::take_from_bytes(payload).map_err(wrong)?;
    if rest.is_empty() { Ok(message) } else { Err(wrong(postcard::Error::DeserializeBadEncoding)) }
}

/// What the first bytes of a frame say: payload length, kind, descriptor count, stream.
pub(crate) struct Header {
    pub(crate) payload: usize,
    pub(crate) kind: u8,
    pub(crate) fds: usize,
    pub(crate) stream: u32,
}

impl Header {
    /// `None` while fewer than [`HEADER_BYTES`] have come.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some(&[a, b, c, d, kind, fds, _, _, e, f, g, h]) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let payload = u32::from_le_bytes([a, b, c, d]) as usize;
        if payload > FRAME_BYTES_MAX {
            return Err(FrameError::TooLong { bytes: payload, max: FRAME_BYTES_MAX });
        }
        let fds = usize::from(fds);
        if fds > FDS_MAX {
            return Err(FrameError::TooManyFds { fds, max: FDS_MAX });
        }
        Ok(Some(Self { payload, kind, fds, stream: u32::from_le_bytes([e, f, g, h]) }))
    }
}
