//! Authenticated encryption of what leaves the platform and comes back: AES-256-GCM-SIV (RFC 8452) with random nonces.
//! That mode, because a stranger can have us seal as often as they like, and it stays safe for more messages than anybody can
//! ask for (section 9 of the RFC: 2^48 and more), where plain GCM ends at 2^32.
//!
//! Layout: key number (4 bytes, big-endian), nonce (12), ciphertext and tag.
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use types::Rng;

use super::ring::{KEY_BYTES, Ring};

const NUMBER_BYTES: usize = 4;
/// More than any cookie may hold.
pub(crate) const PLAIN_BYTES_MAX: usize = 4_096;

fn cipher(key: &[u8; KEY_BYTES]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM_SIV, key).ok().map(LessSafeKey::new)
}

/// What is authenticated beside the value: a domain word, and context, each with its length.
fn aad(domain: &str, context: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(domain.len() + context.len() + 8);
    for part in [domain.as_bytes(), context] {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Seals; `None` only if the library refuses, which it has no reason to.
pub(crate) fn seal(ring: &Ring, rng: &dyn Rng, domain: &str, context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let (number, key) = ring.newest()?;
    let mut nonce = [0; NONCE_LEN];
    rng.fill(&mut nonce);
    let mut text = plain.to_vec();
    let aad = Aad::from(aad(domain, context));
    cipher(key)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text).ok()?;
    Some([number.to_be_bytes().as_slice(), nonce.as_slice(), &text].concat())
}

/// Opens; `None` for whatever was not sealed here for this domain and context.
pub(crate) fn open(ring: &Ring, domain: &str, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (number, rest) = sealed.split_first_chunk::<NUMBER_BYTES>()?;
    let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>()?;
    let key = ring.get(u32::from_be_bytes(*number))?;
    let mut text = text.to_vec();
    let aad = Aad::from(aad(domain, context));
    let plain = cipher(key)?.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut text).ok()?;
    Some(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{folder::Folder, secrets::tests::Counting};

    #[test]
    fn opens_only_whole_for_its_own_domain_and_context() {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outside.path().join("keys")).unwrap();
        let rng = Counting::default();
        let (ring, _) = Ring::open(&folder, "seal", &rng).unwrap();
        let sealed = seal(&ring, &rng, "a", b"context", b"plain").unwrap();
        assert_eq!(open(&ring, "a", b"context", &sealed).unwrap(), b"plain");
        assert_ne!(seal(&ring, &rng, "a", b"context", b"plain").unwrap(), sealed, "each has a nonce of its own");
        for (domain, context) in [("b", &b"context"[..]), ("a", b"contex"), ("ac", b"ontext"), ("", b"acontext")] {
            assert_eq!(open(&ring, domain, context, &sealed), None);
        }
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&ring, "a", b"context", &flipped), None, "bit {bit}");
        }
        for cut in 0..sealed.len() {
            assert_eq!(open(&ring, "a", b"context", &sealed[..cut]), None, "cut at {cut}");
        }
    }
}
