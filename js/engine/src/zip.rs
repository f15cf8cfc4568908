//! gzip, zlib and plain deflate in both directions, for `CompressionStream` and `node:zlib`.
//!
//! It runs inside the sandbox: what it allocates counts against the request's memory, what it computes against its CPU time,
//! and each step gives at most [`PIECE_BYTES`]. So a small input that unfolds to gigabytes ends its own request and no other.
use std::{boxed::Box, vec::Vec};

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};

/// Most bytes that one step gives.
const PIECE_BYTES: usize = 64 << 10;
/// Longest head of a gzip file; it may hold a file name and a comment.
const HEAD_BYTES_MAX: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Raw,
    Zlib,
    Gzip,
}

enum Machine {
    Pack(Box<Compress>),
    Unpack(Box<Decompress>),
}

/// Where in its format a codec is.
#[derive(PartialEq, Eq)]
enum Part {
    Head,
    Body,
    Tail,
    End,
}

/// One stream that is packed or unpacked.
pub struct Codec {
    format: Format,
    machine: Machine,
    part: Part,
    /// What came and is not used yet.
    input: Vec<u8>,
    /// Of the plain bytes, for gzip.
    check: Crc,
}

/// What a step gave.
pub enum Step {
    Piece(Vec<u8>),
    Hungry,
    End,
}

impl Codec {
    /// `format`: 0 deflate-raw, 1 deflate (zlib), 2 gzip.
    pub fn new(format: u32, pack: bool, level: u32) -> Self {
        let format = [Format::Raw, Format::Zlib, Format::Gzip][format.min(2) as usize];
        let zlib = format == Format::Zlib;
        let machine = if pack {
            Machine::Pack(Box::new(Compress::new(Compression::new(level.min(9)), zlib)))
        } else {
            Machine::Unpack(Box::new(Decompress::new(zlib)))
        };
        let part = if format == Format::Gzip { Part::Head } else { Part::Body };
        Self { format, machine, part, input: Vec::new(), check: Crc::new() }
    }

    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next piece; `last`: nothing will be fed any more. An error says what is wrong with the input.
    pub fn step(&mut self, last: bool) -> Result<Step, &'static core::ffi::CStr> {
        let mut out = Vec::new();
        if self.part == Part::Head && !self.head(&mut out)? {
            return if last { Err(CUT_OFF) } else { Ok(Step::Hungry) };
        }
        if self.part == Part::Body {
            out.reserve(PIECE_BYTES);
            let ended = match &mut self.machine {
                Machine::Pack(machine) => {
                    let flush = if last { FlushCompress::Finish } else { FlushCompress::None };
                    let (before, length) = (machine.total_in(), self.input.len());
                    let status = machine.compress_vec(&self.input, &mut out, flush).map_err(|_| BROKEN)?;
                    let used = ((machine.total_in() - before) as usize).min(length);
                    self.check.update(&self.input[..used]);
                    self.input.drain(..used);
                    status == Status::StreamEnd
                }
                Machine::Unpack(machine) => {
                    let before = machine.total_in();
                    let status =
                        machine.decompress_vec(&self.input, &mut out, FlushDecompress::None).map_err(|_| BROKEN)?;
                    let used = (machine.total_in() - before) as usize;
                    self.input.drain(..used.min(self.input.len()));
                    self.check.update(&out);
                    status == Status::StreamEnd
                }
            };
            if ended {
                self.part = if self.format == Format::Gzip { Part::Tail } else { Part::End };
            }
        }
        if self.part == Part::Tail {
            self.tail(&mut out, last)?;
        }
        if self.part == Part::End && !self.input.is_empty() {
            return Err(c"there is more after the end of the compressed data");
        }
        if !out.is_empty() {
            return Ok(Step::Piece(out));
        }
        match (&self.part, last) {
            (Part::End, _) => Ok(Step::End),
            (_, true) => Err(CUT_OFF),
            _ => Ok(Step::Hungry),
        }
    }

    fn packs(&self) -> bool {
        matches!(self.machine, Machine::Pack(_))
    }

    /// Writes or reads the head of a gzip file. `false`: not all of it is there.
    fn head(&mut self, out: &mut Vec<u8>) -> Result<bool, &'static core::ffi::CStr> {
        if self.packs() {
            // No flags, no time, no name; from no known system.
            out.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
        } else {
            let Some(length) = head_length(&self.input)? else {
                return if self.input.len() > HEAD_BYTES_MAX { Err(BROKEN) } else { Ok(false) };
            };
            self.input.drain(..length);
        }
        self.part = Part::Body;
        Ok(true)
    }

    /// Writes or checks the sum and length at the end of a gzip file.
    fn tail(&mut self, out: &mut Vec<u8>, last: bool) -> Result<(), &'static core::ffi::CStr> {
        let mut tail = [0; 8];
        tail[..4].copy_from_slice(&self.check.sum().to_le_bytes());
        tail[4..].copy_from_slice(&self.check.amount().to_le_bytes());
        if self.packs() {
            out.extend_from_slice(&tail);
        } else {
            let Some(found) = self.input.first_chunk::<8>() else {
                return if last { Err(CUT_OFF) } else { Ok(()) };
            };
            if *found != tail {
                return Err(c"the compressed data is damaged: its check sum does not fit");
            }
            self.input.drain(..8);
        }
        self.part = Part::End;
        Ok(())
    }
}

const BROKEN: &core::ffi::CStr = c"the data is not compressed in this format, or damaged";
const CUT_OFF: &core::ffi::CStr = c"the compressed data ends too early";

/// Length of a gzip head; `None`: it is not complete.
fn head_length(bytes: &[u8]) -> Result<Option<usize>, &'static core::ffi::CStr> {
    const SUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let wanted = [0x1f, 0x8b, 8];
    if bytes.iter().zip(wanted).any(|(found, wanted)| *found != wanted) {
        return Err(BROKEN);
    }
    let Some(flags) = bytes.get(3).copied() else { return Ok(None) };
    let mut at = 10;
    if flags & EXTRA != 0 {
        let Some(length) = bytes.get(at..at + 2) else { return Ok(None) };
        at += 2 + usize::from(u16::from_le_bytes([length[0], length[1]]));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let Some(end) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == 0)) else {
                return Ok(None);
            };
            at += end + 1;
        }
    }
    if flags & SUM != 0 {
        at += 2;
    }
    Ok((at <= bytes.len()).then_some(at))
}
