//! Follows HTTP/1 heads byte by byte for what the parser hides. A line that ends in LF alone, a second `Content-Length`, and a
//! `Content-Length` beside `Transfer-Encoding` can each make another parser see other requests: a head with one of them is
//! spoilt on its way, so that the parser refuses it (400) and closes. A `#` in the request line is cut off by the parser with
//! all that follows; the strict layer is told of it and refuses the request.
use crate::flow::{Flow, Framing};

use std::sync::atomic::Ordering::Relaxed;

/// No parser accepts this byte inside a head.
const SPOIL: u8 = 0;
const LENGTH: &[u8] = b"content-length";
const CODING: &[u8] = b"transfer-encoding";
/// The longest name above, and its colon.
const NAME_BYTES: usize = CODING.len() + 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Head,
    /// The head ended; the parser has not said yet where the body ends.
    AfterHead,
    Body(u64),
    /// Nothing that follows is a head that will be answered.
    Rest,
}

/// What became of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// This many may go to the parser; the others wait until it asks again.
    pub pass: usize,
    pub spoilt: bool,
}

/// Where in the stream of requests a connection is.
#[derive(Debug)]
pub(crate) struct HeadScanner {
    place: Place,
    /// The first bytes of the present line.
    line: [u8; NAME_BYTES],
    line_len: usize,
    ends_in_cr: bool,
    /// The request line has been seen.
    begun: bool,
    length: bool,
    coding: bool,
}

impl HeadScanner {
    pub(crate) const fn new() -> Self {
        Self {
            place: Place::Head,
            line: [0; NAME_BYTES],
            line_len: 0,
            ends_in_cr: false,
            begun: false,
            length: false,
            coding: false,
        }
    }

    /// Looks at the next bytes, which may be spoilt.
    pub(crate) fn scan(&mut self, bytes: &mut [u8], flow: &Flow) -> Scanned {
        let mut at = 0;
        while let Some(rest) = bytes.get_mut(at..).filter(|rest| !rest.is_empty()) {
            match self.place {
                Place::Rest => return Scanned { pass: at + rest.len(), spoilt: false },
                Place::Body(left) => {
                    let take = left.min(rest.len() as u64);
                    at += take as usize;
                    self.place = if left == take { Place::Head } else { Place::Body(left - take) };
                }
                Place::AfterHead if at > 0 => break,
                Place::AfterHead => match flow.take_framing() {
                    Some(Framing::Length(0)) => self.place = Place::Head,
                    Some(Framing::Length(bytes)) => self.place = Place::Body(bytes),
                    // The parser refused the head, or does not say where it ends: it answers no other.
                    Some(Framing::UntilClose) | None => self.place = Place::Rest,
                },
                Place::Head => {
                    let end = rest.iter().position(|b| *b == b'\n');
                    let line = rest.get_mut(..end.map_or(rest.len(), |end| end + 1)).unwrap_or_default();
                    at += line.len();
                    flow.head_open.store(true, Relaxed);
                    if !self.line(line, end.is_some(), flow) {
                        self.place = Place::Rest;
                        return Scanned { pass: bytes.len(), spoilt: true };
                    }
                }
            }
        }
        Scanned { pass: at, spoilt: false }
    }

    /// Takes a line or a part of one; `false` when it was spoilt.
    fn line(&mut self, part: &mut [u8], complete: bool, flow: &Flow) -> bool {
        if !self.begun && part.contains(&b'#') {
            flow.fragment.store(true, Relaxed);
        }
        let Some((last, text)) = (if complete { part.split_last_mut() } else { None }) else {
            self.keep(part);
            return true;
        };
        self.keep(text);
        let (length, with_cr) = (self.line_len, self.ends_in_cr);
        self.line_len = 0;
        self.ends_in_cr = false;
        if !with_cr || !self.note(length) {
            *last = SPOIL;
            return false;
        }
        if length == 1 && self.begun {
            *self = Self { place: Place::AfterHead, ..Self::new() };
            flow.head_open.store(false, Relaxed);
        } else if length > 1 {
            self.begun = true;
        }
        true
    }

    fn keep(&mut self, text: &[u8]) {
        for (slot, byte) in self.line.iter_mut().skip(self.line_len).zip(text) {
            *slot = byte.to_ascii_lowercase();
        }
        self.line_len = self.line_len.saturating_add(text.len());
        if let Some(last) = text.last() {
            self.ends_in_cr = *last == b'\r';
        }
    }

    /// Notes the name of a complete line; `false` when it contradicts an earlier one.
    fn note(&mut self, length: usize) -> bool {
        let kept = self.line.get(..length.min(NAME_BYTES)).unwrap_or_default();
        // The colon may be missing from what was kept, never a letter before it.
        let named = |name: &[u8]| kept.starts_with(name) && kept.get(name.len()) == Some(&b':');
        if !self.begun {
            return true;
        }
        if named(LENGTH) {
            let first = !self.length && !self.coding;
            self.length = true;
            return first;
        }
        if named(CODING) {
            self.coding = true;
            return !self.length;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `stream` in pieces of `size`, with the framing of each head told as the parser would. What comes out, and whether it was spoilt.
    fn run(stream: &[u8], size: usize, framings: &[Framing]) -> (Vec<u8>, bool) {
        let flow = Flow::new(false);
        let (mut scanner, mut out, mut told) = (HeadScanner::new(), Vec::new(), framings.iter());
        let mut waiting: Vec<u8> = Vec::new();
        let mut pieces = stream.chunks(size);
        loop {
            if waiting.is_empty() {
                let Some(piece) = pieces.next() else { return (out, false) };
                waiting.extend(piece);
            }
            let scanned = scanner.scan(&mut waiting, &flow);
            if scanner.place == Place::AfterHead
                && let Some(framing) = told.next()
            {
                flow.frame(*framing);
            }
            out.extend(waiting.drain(..scanned.pass));
            if scanned.spoilt {
                return (out, true);
            }
        }
    }

    #[test]
    fn honest_requests_pass_unchanged_however_they_are_cut() {
        let stream = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /x HTTP/1.1\r\nContent-Length: 7\r\n\r\na\nb\n\ncd\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let framings = [Framing::Length(0), Framing::Length(7), Framing::Length(0)];
        for size in 1..stream.len() {
            assert_eq!(run(stream, size, &framings), (stream.to_vec(), false), "in pieces of {size}");
        }
    }

    #[test]
    fn hidden_ambiguities_are_spoilt_however_they_are_cut() {
        for bad in [
            "GET / HTTP/1.1\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\n",
            "\nGET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nUseless:\n\nGET /b HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nCONTENT-LENGTH: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
        ] {
            for size in 1..bad.len() {
                assert!(run(bad.as_bytes(), size, &[]).1, "{bad:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_fragment_in_the_request_line_is_told_however_it_is_cut() {
        for (text, there) in [
            ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", true),
            ("\r\nGET http://a/#?x HTTP/1.1\r\nHost: a\r\n\r\n", true),
            ("GET /a%23b HTTP/1.1\r\nHost: a\r\nx-y: #\r\n\r\n", false),
        ] {
            for size in 1..text.len() {
                let flow = Flow::new(false);
                let mut scanner = HeadScanner::new();
                for piece in text.as_bytes().chunks(size) {
                    assert!(!scanner.scan(&mut piece.to_vec(), &flow).spoilt);
                }
                assert_eq!(flow.fragment.load(Relaxed), there, "{text:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_second_request_waits_for_the_framing_of_the_first() {
        let flow = Flow::new(false);
        let mut two = b"POST / HTTP/1.1\r\n\r\nabGET / HTTP/1.1\n\n".to_vec();
        let mut scanner = HeadScanner::new();
        assert_eq!(scanner.scan(&mut two, &flow), Scanned { pass: 19, spoilt: false });
        flow.frame(Framing::Length(2));
        let mut rest = two.split_off(19);
        assert!(scanner.scan(&mut rest, &flow).spoilt);
        assert_eq!(rest.iter().filter(|b| **b == SPOIL).count(), 1);
    }
}
