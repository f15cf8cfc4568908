//! One write of the append file: what one flush took, under a seal that tells a torn write from a whole one.
//!
//! ```text
//! "sfB1" | first u64 | records u32 | bytes u32 | SHA-256 of all the rest | bytes: records as in an entry bundle
//! ```
//! Numbers are big-endian. The seal finds accidents; the signed checkpoint finds attackers.
use sha2::{Digest as _, Sha256};

const MAGIC: &[u8; 4] = b"sfB1";
/// Bytes in front of the records.
pub(crate) const HEADER_BYTES: usize = 52;
/// The largest batch: a full queue and one more record.
pub(crate) const PAYLOAD_BYTES_MAX: usize = (8 << 20) + (64 << 10);

/// A batch as it stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Batch<'a> {
    /// The first record's place in the log.
    pub(crate) first: u64,
    pub(crate) records: u32,
    /// The records, as [`crate::entries::Entries`] reads them.
    pub(crate) payload: &'a [u8],
}

impl Batch<'_> {
    /// Where the next batch begins, from this one's first byte.
    pub(crate) const fn len(&self) -> usize {
        HEADER_BYTES + self.payload.len()
    }
}

fn seal(first: [u8; 8], records: [u8; 4], bytes: [u8; 4], payload: &[u8]) -> [u8; 32] {
    let hasher = Sha256::new().chain_update(b"serviceful audit batch v1\n");
    hasher.chain_update(first).chain_update(records).chain_update(bytes).chain_update(payload).finalize().into()
}

/// The header of a batch. `None` when the payload is longer than any batch may be.
pub(crate) fn header(first: u64, records: u32, payload: &[u8]) -> Option<[u8; HEADER_BYTES]> {
    let bytes = u32::try_from(payload.len()).ok().filter(|_| payload.len() <= PAYLOAD_BYTES_MAX)?.to_be_bytes();
    let (first, records) = (first.to_be_bytes(), records.to_be_bytes());
    let seal = seal(first, records, bytes, payload);
    let parts = [MAGIC.as_slice(), &first, &records, &bytes, &seal];
    parts.concat().try_into().ok()
}

/// What the bytes begin with, whatever place in the log it claims. The seal is checked only if asked for: it costs a
/// hash over the records.
pub(crate) fn read(bytes: &[u8], check_seal: bool) -> Option<Batch<'_>> {
    let (magic, rest) = bytes.split_first_chunk::<4>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let (records, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (written, rest) = rest.split_first_chunk::<32>()?;
    let payload_bytes = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if magic != MAGIC || payload_bytes > PAYLOAD_BYTES_MAX || *records == [0; 4] {
        return None;
    }
    let payload = rest.get(..payload_bytes)?;
    if check_seal && seal(*first, *records, *length, payload) != *written {
        return None;
    }
    Some(Batch { first: u64::from_be_bytes(*first), records: u32::from_be_bytes(*records), payload })
}

/// Whether a whole batch stands anywhere in the bytes. Then what is in front of it was damaged, not torn: writes happen
/// in order. A record cannot pretend to be one: JSON has no zero bytes, and the numbers of a batch do.
pub(crate) fn stands_in(bytes: &[u8]) -> bool {
    let starts = bytes.windows(MAGIC.len()).enumerate().filter(|(_, window)| window == MAGIC);
    starts.into_iter().any(|(at, _)| bytes.get(at..).is_some_and(|rest| read(rest, true).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Vec<u8> {
        let payload = b"\x00\x03one\x00\x03two";
        [header(7, 2, payload).unwrap().as_slice(), payload].concat()
    }

    #[test]
    fn every_flipped_bit_and_every_cut_breaks_the_seal() {
        let bytes = whole();
        let batch = read(&bytes, true).unwrap();
        assert_eq!((batch.first, batch.records, batch.len()), (7, 2, bytes.len()));
        for at in 0..bytes.len() {
            assert_eq!(read(&bytes[..at], true), None, "cut at {at}");
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(read(&flipped, true), None, "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn finds_a_whole_batch_behind_damage() {
        let bytes = [b"garbage sfB1 ".as_slice(), &whole()].concat();
        assert!(stands_in(&bytes));
        assert!(!stands_in(&bytes[..bytes.len() - 1]));
        assert_eq!(header(0, 1, &vec![0; PAYLOAD_BYTES_MAX + 1]), None);
    }
}
