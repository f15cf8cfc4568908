//! Records one after the other, each behind its length in 16 bits, big-endian: an entry bundle of C2SP tlog-tiles.

/// Why bytes are not records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Appends one record. `false`, with nothing appended, when it is empty or longer than 65,535 bytes.
pub(crate) fn push(out: &mut Vec<u8>, entry: &[u8]) -> bool {
    match u16::try_from(entry.len()) {
        Ok(length) if length > 0 => {
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(entry);
            true
        }
        _ => false,
    }
}

/// The records of a bundle. After an error there is nothing more.
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn split(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (length, rest) = self.rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 { None } else { rest.split_at_checked(length) }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<&'a [u8], Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match self.split() {
            Some((entry, rest)) => {
                self.rest = rest;
                Some(Ok(entry))
            }
            None => {
                self.rest = &[];
                Some(Err(Malformed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_refuses_what_is_cut_or_empty() {
        let mut bytes = Vec::new();
        assert!(push(&mut bytes, b"one") && push(&mut bytes, &[7; 65_535]));
        assert!(!push(&mut bytes, b"") && !push(&mut bytes, &[7; 65_536]));
        let read: Vec<_> = Entries::new(&bytes).map(|e| e.map(<[u8]>::len)).collect();
        assert_eq!(read, [Ok(3), Ok(65_535)]);
        for cut in [1, 2, 4, 6, bytes.len() - 1] {
            assert!(Entries::new(&bytes[..cut]).any(|e| e.is_err()), "cut at {cut}");
        }
        assert_eq!(Entries::new(&[0, 0, 0, 1, 7]).collect::<Vec<_>>(), [Err(Malformed)]);
    }
}
