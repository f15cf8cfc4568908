//! What a token looks like: `sfp_` (a person's) or `sfs_` (a service's), 43 characters of secret, 6 of checksum; 53 in all. A
//! secret that only refreshes a login (`sfr_`) looks the same and is no token.
//!
//! The secret is 256 random bits as one number in base 62 (`0-9A-Za-z`, most significant first; 62^43 > 2^256), the checksum the
//! CRC-32 (IEEE) of the 47 characters before it, in base 62 too. So a double click selects all of it, and a secret scanner tells a
//! token from a look-alike without asking anybody: `\bsf[prs]_[0-9A-Za-z]{49}\b`, then the checksum.
//!
//! The checksum protects nothing: anybody can compute it. It lets typing errors and scanners' noise be refused for less than a hash.
use aws_lc_rs::digest::{SHA256, digest};
use types::{Digest, Rng, Secret};

use crate::reason::Malformed;

const PREFIX_BYTES: usize = 4;
const SECRET_BYTES: usize = 43;
const CHECK_BYTES: usize = 6;
const TOKEN_BYTES: usize = PREFIX_BYTES + SECRET_BYTES + CHECK_BYTES;

/// Whom a token is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefix {
    Person,
    Service,
    /// For new tokens only; it opens nothing.
    Refresh,
}

impl Prefix {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "sfp_",
            Self::Service => "sfs_",
            Self::Refresh => "sfr_",
        }
    }
}

/// A new token with its hash as stored.
pub(crate) fn fresh(prefix: Prefix, rng: &dyn Rng) -> (Secret, Digest) {
    let mut text = String::with_capacity(TOKEN_BYTES);
    text.push_str(prefix.as_str());
    text.push_str(&secret(rng));
    let check = base62::<CHECK_BYTES>(&mut [crc32(text.as_bytes())]);
    text.extend(check.map(char::from));
    let hash = hash(text.as_bytes());
    (Secret::new(text), hash)
}

/// 256 random bits as 43 characters: the secret part of a token, and a claim's code.
pub(crate) fn secret(rng: &dyn Rng) -> String {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    let mut limbs = [0_u32; 8];
    for (limb, four) in limbs.iter_mut().zip(bytes.chunks_exact(4)) {
        *limb = four.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    }
    base62::<SECRET_BYTES>(&mut limbs).map(char::from).iter().collect()
}

/// Whether a text has the shape of [`secret`].
pub(crate) fn is_secret(text: &str) -> bool {
    text.len() == SECRET_BYTES && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Refuses whatever cannot be a token of ours; costs no hash and allocates nothing.
pub(crate) fn check(text: &[u8]) -> Result<(), Malformed> {
    shape(text, &[Prefix::Person, Prefix::Service])
}

/// The same for what refreshes a login.
pub(crate) fn check_refresh(text: &[u8]) -> Result<(), Malformed> {
    shape(text, &[Prefix::Refresh])
}

fn shape(text: &[u8], prefixes: &[Prefix]) -> Result<(), Malformed> {
    if text.len() != TOKEN_BYTES {
        return Err(Malformed::Length);
    }
    if !prefixes.iter().any(|prefix| text.starts_with(prefix.as_str().as_bytes())) {
        return Err(Malformed::Prefix);
    }
    let Some((signed, check)) = text.split_at_checked(TOKEN_BYTES - CHECK_BYTES) else { return Err(Malformed::Length) };
    if !text.iter().skip(PREFIX_BYTES).all(u8::is_ascii_alphanumeric) {
        return Err(Malformed::Alphabet);
    }
    // A comparison of public values: both sides follow from the text the caller sent.
    if base62::<CHECK_BYTES>(&mut [crc32(signed)]) == *check { Ok(()) } else { Err(Malformed::Checksum) }
}

/// The name under which a secret is stored and cached.
///
/// A plain SHA-256 is enough for 256 random bits: there is nothing to guess, so nothing to slow down. And a lookup by hash needs no
/// constant-time comparison: how long it takes depends on bits of the hash, and whoever could steer those could invert SHA-256.
pub(crate) fn hash(text: &[u8]) -> Digest {
    Digest::from_bytes(<[u8; 32]>::try_from(digest(&SHA256, text).as_ref()).unwrap_or_default())
}

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The number (limbs from the most significant) in `N` digits; divides it away.
fn base62<const N: usize>(limbs: &mut [u32]) -> [u8; N] {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u64;
        for limb in limbs.iter_mut() {
            let value = rest << 32 | u64::from(*limb);
            *limb = u32::try_from(value / 62).unwrap_or_default();
            rest = value % 62;
        }
        let found = usize::try_from(rest).ok().and_then(|rest| ALPHABET.get(rest));
        *digit = found.copied().unwrap_or(b'0');
    }
    digits
}

/// CRC-32 as in IEEE 802.3, reflected, polynomial 0xEDB88320.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let index = usize::from((crc ^ u32::from(*byte)).to_le_bytes()[0]);
        crc >> 8 ^ CRC_TABLE.get(index).copied().unwrap_or_default()
    };
    !bytes.iter().fold(u32::MAX, step)
}

const CRC_TABLE: [u32; 256] = crc_table();

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler: an index out of bounds does not build")]
const fn crc_table() -> [u32; 256] {
    let mut table = [0_u32; 256];
    let mut byte = 0_u32;
    while byte < 256 {
        let mut crc = byte;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests;
