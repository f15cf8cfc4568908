//! The list of passwords that got out, as a filter: about nine bits for each of them, and no password in it.
//!
//! A password that is on the list is always known; of those that are not, one in 256 looks as if it were. Whoever meets that
//! chooses another. The file is made where the list is (`Selection`), and carried to the platform through the control API.
//!
//! SECURITY: the file comes from an owner of the platform and is read by the process that talks to the street. Whatever its bytes
//! are, it is refused or it answers; it cannot make a look-up read beyond its end. What somebody gains who can change it: that a
//! known password passes, or that none does.
mod selection;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
pub use selection::{LineError, Selection, SelectionError};
use types::Digest;
use xorf::{BinaryFuse8, Descriptor, Filter};

/// Version and all; another layout has another line.
const HEADER: &[u8] = b"serviceful breach list 1\n";
/// entries (8), rarest count (4), seed (8), segment length (4), length of all starting segments (4); little-endian.
const FACTS: usize = 28;
const SUM: usize = 32;

/// The most passwords that a list may hold.
pub const ENTRIES_MAX: usize = 50_000_000;
/// The longest file that is read, in bytes.
const FILE_BYTES_MAX: usize = gateway::BREACH_LIST_BYTES_MAX;

/// Why some bytes are no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("it is not a breach list of this version; make one with `serviceful breach-list import`")]
    Foreign,
    #[error("it has more than {FILE_BYTES_MAX} bytes; import fewer passwords with `--limit`")]
    TooLong,
    #[error("it was cut off or changed: its checksum does not fit")]
    Damaged,
    #[error("its parts do not fit each other")]
    Unfit,
}

/// A list that was checked.
pub struct List {
    filter: BinaryFuse8,
    entries: u64,
    min_count: u32,
    bytes: u64,
    digest: Digest,
}

fn sha256(bytes: &[u8]) -> [u8; SUM] {
    <[u8; SUM]>::try_from(digest(&SHA256, bytes).as_ref()).unwrap_or_default()
}

/// How a password stands in a list: the first 64 bits of its SHA-1, as the published lists have it. Neither secret nor a
/// protection of anything: it is how those who collect such lists name them.
fn key(password: &str) -> u64 {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    hash.as_ref().first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
}

/// Takes so many bytes from the front.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ListError> {
    let (first, after) = rest.split_first_chunk::<N>().ok_or(ListError::Foreign)?;
    *rest = after;
    Ok(*first)
}

impl List {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`ListError`] for whatever [`Selection::finish`] did not write.
    pub fn read(file: &[u8]) -> Result<Self, ListError> {
        if file.len() > FILE_BYTES_MAX {
            return Err(ListError::TooLong);
        }
        let body = file.strip_prefix(HEADER).filter(|body| body.len() > FACTS + SUM).ok_or(ListError::Foreign)?;
        let (mut rest, sum) = body.split_last_chunk::<SUM>().ok_or(ListError::Foreign)?;
        let said = file.get(..file.len() - SUM).unwrap_or_default();
        if sha256(said) != *sum {
            return Err(ListError::Damaged);
        }
        let entries = u64::from_le_bytes(take(&mut rest)?);
        let min_count = u32::from_le_bytes(take(&mut rest)?);
        let seed = u64::from_le_bytes(take(&mut rest)?);
        let segment_length = u32::from_le_bytes(take(&mut rest)?);
        let segment_count_length = u32::from_le_bytes(take(&mut rest)?);
        // INVARIANT: the filter looks at three places: below `segment_count_length`, and one and two segments further, each moved
        // within its segment. So it needs these lengths and no others, or a look-up ends beyond the end.
        let length = u64::from(segment_count_length) + 2 * u64::from(segment_length);
        let fits = segment_length.is_power_of_two()
            && segment_count_length > 0
            && segment_count_length.is_multiple_of(segment_length)
            && length == rest.len() as u64
            && (1..=length).contains(&entries);
        if !fits {
            return Err(ListError::Unfit);
        }
        let segment_length_mask = segment_length - 1;
        let descriptor = Descriptor { seed, segment_length, segment_length_mask, segment_count_length };
        let filter = BinaryFuse8 { descriptor, fingerprints: rest.into() };
        let (bytes, digest) = (file.len() as u64, Digest::from_bytes(sha256(file)));
        Ok(Self { filter, entries, min_count, bytes, digest })
    }

    /// Whether the password is on the list, or looks as if it were.
    pub fn knows(&self, password: &str) -> bool {
        self.filter.contains(&key(password))
    }

    /// Passwords on it.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// How often the rarest of them was seen.
    pub const fn min_count(&self) -> u32 {
        self.min_count
    }

    /// Length of its file.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SHA-256 of its file.
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

/// The file of these keys, each once.
fn file(keys: &[u64], min_count: u32) -> Result<Vec<u8>, &'static str> {
    let filter = BinaryFuse8::try_from(keys)?;
    let Descriptor { seed, segment_length, segment_count_length, .. } = filter.descriptor;
    let mut file = Vec::with_capacity(HEADER.len() + FACTS + filter.fingerprints.len() + SUM);
    file.extend_from_slice(HEADER);
    file.extend_from_slice(&(keys.len() as u64).to_le_bytes());
    file.extend_from_slice(&min_count.to_le_bytes());
    file.extend_from_slice(&seed.to_le_bytes());
    file.extend_from_slice(&segment_length.to_le_bytes());
    file.extend_from_slice(&segment_count_length.to_le_bytes());
    file.extend_from_slice(&filter.fingerprints);
    let sum = sha256(&file);
    file.extend_from_slice(&sum);
    Ok(file)
}

#[cfg(test)]
mod tests;
