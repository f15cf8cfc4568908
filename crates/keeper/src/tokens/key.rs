//! One key of tokens: on P-256, in a file of its own with its times.
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use types::UnixMillis;
use zeroize::Zeroizing;

use crate::{KeeperError, folder::Folder};

/// What its file begins with. Four times (milliseconds, 8 bytes each, big-endian), the key in PKCS#8, and the SHA-256 of all of it
/// follow.
const HEADER: &[u8; 20] = b"serviceful es256 v1\n";
const TIMES: usize = HEADER.len();
const KEY: usize = TIMES + 32;
const CHECK_BYTES: usize = 32;

/// When a key does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) made_at: UnixMillis,
    pub(crate) signs_from: UnixMillis,
    pub(crate) signs_until: UnixMillis,
    pub(crate) gone_at: UnixMillis,
}

pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) times: Times,
    pair: EcdsaKeyPair,
    /// For its file, which is written again where its times change.
    document: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.id).finish()
    }
}

impl Key {
    /// A new key. `None` only if the library refuses, which it has no reason to.
    pub(crate) fn fresh(times: Times) -> Option<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        let document = Zeroizing::new(pair.to_pkcs8v1().ok()?.as_ref().to_vec());
        Self::of(document, times)
    }

    fn of(document: Zeroizing<Vec<u8>>, times: Times) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &document).ok()?;
        let id = thumbprint(&halves(&pair)?);
        Some(Self { id, times, pair, document })
    }

    fn file(id: &str) -> String {
        format!("{id}.key")
    }

    /// Reads a key's file.
    pub(crate) fn load(folder: &Folder, name: &str) -> Result<Self, KeeperError> {
        let damaged = |what| KeeperError::Damaged { path: folder.file(name), what };
        let bytes = folder.read(name)?.ok_or_else(|| damaged("it is gone"))?;
        let cut = || damaged("it is not a key file of this version");
        let (said, check) =
            bytes.len().checked_sub(CHECK_BYTES).and_then(|at| bytes.split_at_checked(at)).ok_or_else(cut)?;
        if !said.starts_with(HEADER) {
            return Err(cut());
        }
        if Sha256::digest(said).as_slice() != check {
            return Err(damaged("it does not fit its checksum"));
        }
        let time = |at: usize| {
            let bytes = said.get(TIMES + 8 * at..).and_then(<[u8]>::first_chunk::<8>);
            bytes.map(|bytes| UnixMillis(u64::from_be_bytes(*bytes))).ok_or_else(cut)
        };
        let times = Times { made_at: time(0)?, signs_from: time(1)?, signs_until: time(2)?, gone_at: time(3)? };
        let document = Zeroizing::new(said.get(KEY..).ok_or_else(cut)?.to_vec());
        let key = Self::of(document, times).ok_or_else(|| damaged("it holds no key on P-256"))?;
        // A copy under another name would outlive the key that it is a copy of.
        if name != Self::file(&key.id) { Err(damaged("it has the name of another key")) } else { Ok(key) }
    }

    /// Writes its file; durable when this returns.
    pub(crate) fn store(&self, folder: &Folder) -> Result<(), KeeperError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY + self.document.len() + CHECK_BYTES));
        bytes.extend_from_slice(HEADER);
        let Times { made_at, signs_from, signs_until, gone_at } = self.times;
        for time in [made_at, signs_from, signs_until, gone_at] {
            bytes.extend_from_slice(&time.0.to_be_bytes());
        }
        bytes.extend_from_slice(&self.document);
        let check = Sha256::digest(bytes.as_slice());
        bytes.extend_from_slice(&check);
        folder.write(&Self::file(&self.id), &bytes, true)
    }

    pub(crate) fn remove(&self, folder: &Folder) -> Result<(), KeeperError> {
        folder.remove(&Self::file(&self.id))
    }

    /// The coordinates of its public half.
    pub(crate) fn public(&self) -> Option<([u8; 32], [u8; 32])> {
        halves(&self.pair)
    }

    /// A signature as JWS has it (RFC 7518 section 3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        Some(signature.as_ref().to_vec())
    }
}

fn halves(pair: &EcdsaKeyPair) -> Option<([u8; 32], [u8; 32])> {
    // Uncompressed: 4, then both coordinates (SEC 1 section 2.3.3).
    let (_, point) = pair.public_key().as_ref().split_first()?;
    let (x, rest) = point.split_first_chunk::<32>()?;
    Some((*x, *rest.first_chunk::<32>()?))
}

/// RFC 7638: SHA-256 of the members that a public key needs, in order of their names.
fn thumbprint((x, y): &([u8; 32], [u8; 32])) -> String {
    let (x, y) = (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y));
    let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
}
