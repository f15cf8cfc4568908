//! Counts HTTP/2 frames (RFC 9113 section 4.1). The library answers a flood of SETTINGS, PING or PRIORITY for ever.

const PREFACE_BYTES: u32 = 24;
const DATA: u8 = 0;
const HEADERS: u8 = 1;

/// Follows frame headers; payloads are skipped.
#[derive(Debug)]
pub(crate) struct FrameCounter {
    /// Bytes of the preface or of a payload that are still to come.
    skip: u32,
    header: [u8; 4],
    /// Bytes of the present frame header, of 9.
    header_len: u8,
}

impl FrameCounter {
    pub(crate) const fn new() -> Self {
        Self { skip: PREFACE_BYTES, header: [0; 4], header_len: 0 }
    }

    /// Frames other than DATA and HEADERS whose header ended in `bytes`. HEADERS are bounded as requests.
    pub(crate) fn count(&mut self, mut bytes: &[u8]) -> u32 {
        let mut control = 0_u32;
        loop {
            let passed = bytes.len().min(self.skip as usize);
            self.skip -= passed as u32;
            let Some((first, rest)) = bytes.get(passed..).and_then(<[u8]>::split_first) else { return control };
            if let Some(slot) = self.header.get_mut(usize::from(self.header_len)) {
                *slot = *first;
            }
            self.header_len += 1;
            if self.header_len == 9 {
                let [a, b, c, kind] = self.header;
                self.skip = u32::from_be_bytes([0, a, b, c]);
                self.header_len = 0;
                control += u32::from(kind != DATA && kind != HEADERS);
            }
            bytes = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        let mut bytes = vec![length[1], length[2], length[3], kind, 0, 0, 0, 0, 1];
        bytes.extend(std::iter::repeat_n(4, payload));
        bytes
    }

    #[test]
    fn counts_the_same_however_the_bytes_are_cut() {
        let mut stream = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        for (kind, payload) in [(4, 18), (1, 40), (0, 16_384), (6, 8), (8, 4), (0, 0), (2, 5), (9, 300)] {
            stream.extend(frame(kind, payload));
        }
        for size in [1, 2, 7, 9, 33, 4_096, stream.len()] {
            let mut counter = FrameCounter::new();
            let total: u32 = stream.chunks(size).map(|chunk| counter.count(chunk)).sum();
            assert_eq!(total, 5, "in pieces of {size}");
        }
    }
}
