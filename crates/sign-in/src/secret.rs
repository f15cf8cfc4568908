//! Random texts and their hashes. What is kept of a secret is its SHA-256 only: 128 random bits and more leave nothing to guess.
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use subtle::ConstantTimeEq;
use types::{Digest, Rng};

/// SHA-256.
pub(crate) fn hash(text: &[u8]) -> Digest {
    Digest::from_bytes(<[u8; 32]>::try_from(digest(&SHA256, text).as_ref()).unwrap_or_default())
}

/// 256 random bits, as 43 characters that fit into an address and a cookie.
pub(crate) fn fresh(rng: &dyn Rng) -> String {
    let mut bytes = [0; 32];
    rng.fill(&mut bytes);
    BASE64URL_NOPAD.encode(&bytes)
}

/// A recovery code: 120 random bits as 24 characters.
pub(crate) fn recovery_code(rng: &dyn Rng) -> String {
    let mut bytes = [0; 15];
    rng.fill(&mut bytes);
    BASE32_NOPAD.encode(&bytes)
}

/// How a recovery code is stored and compared, however it was typed.
pub(crate) fn recovery_hash(typed: &str) -> Option<Digest> {
    if typed.len() > 120 {
        return None;
    }
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    (plain.len() == 24).then(|| hash(plain.as_bytes()))
}

/// `S256` of RFC 7636.
pub(crate) fn challenge(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(hash(verifier.as_bytes()).as_bytes())
}

/// Compares without an early end.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(same("a", "a") && !same("a", "b") && !same("a", "aa"));
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed() {
        let plain = recovery_hash("ABCDEFGHIJKLMNOPQRSTUVWX").unwrap();
        assert_eq!(recovery_hash("abcd-efgh ijkl-mnop-qrst-uvwx"), Some(plain));
        for bad in ["", "ABCD", "ABCDEFGHIJKLMNOPQRSTUVWXY", &"-".repeat(200)] {
            assert_eq!(recovery_hash(bad), None);
        }
    }
}
