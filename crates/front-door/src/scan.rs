//! Looks at the bytes of a connection as they pass to the parser, for what the parser does not tell.
mod frames;
mod head;

pub(crate) use frames::FrameCounter;
pub(crate) use head::HeadScanner;
