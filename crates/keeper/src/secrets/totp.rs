//! Time-based codes (RFC 6238): six digits, 30 seconds, SHA-1, as every authenticator has them. The secret is sealed for one
//! person; the front keeps it and cannot read it.
use totp_rs::{Builder, Secret};
use types::{PrincipalId, Rng};
use zeroize::Zeroizing;

use super::{ring::Ring, seal};

/// RFC 4226 section 4 recommends 160 bits.
const SECRET_BYTES: usize = 20;
const DOMAIN: &str = "totp";

/// A new secret: sealed, and in Base32 for the person's authenticator.
pub(crate) fn fresh(ring: &Ring, rng: &dyn Rng, person: PrincipalId) -> Option<(Vec<u8>, String)> {
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    rng.fill(secret.as_mut_slice());
    let sealed = seal::seal(ring, rng, DOMAIN, person.as_bytes(), secret.as_slice())?;
    Some((sealed, data_encoding::BASE32_NOPAD.encode(secret.as_slice())))
}

/// The step whose code this is: the present one, the one before, or the one after, because clocks differ.
/// `Err`: the sealed secret is not this person's.
pub(crate) fn step(
    ring: &Ring,
    person: PrincipalId,
    sealed: &[u8],
    code: &str,
    now_s: u64,
) -> Result<Option<u64>, &'static str> {
    const FOREIGN: &str = "the sealed secret is not this person's, or was changed";
    let secret = Zeroizing::new(seal::open(ring, DOMAIN, person.as_bytes(), sealed).ok_or(FOREIGN)?);
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let secret = Secret::new(secret.as_slice().into());
    let totp = Builder::new().with_secret(secret).build().map_err(|_| FOREIGN)?;
    Ok(totp.check(code, now_s))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{folder::Folder, secrets::tests::Counting};

    #[test]
    fn codes_of_rfc_6238_and_of_the_right_person_only() {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outside.path().join("keys")).unwrap();
        let (rng, ada, bob) = (Counting::default(), PrincipalId::from_bytes([1; 16]), PrincipalId::from_bytes([2; 16]));
        let (ring, _) = Ring::open(&folder, "seal", &rng).unwrap();
        // Appendix B of the RFC, cut to six digits.
        let sealed = seal::seal(&ring, &rng, DOMAIN, ada.as_bytes(), b"12345678901234567890").unwrap();
        for (now_s, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            let at = |seconds: u64| step(&ring, ada, &sealed, code, seconds).unwrap();
            assert_eq!(at(now_s), Some(now_s / 30));
            assert_eq!(at(now_s + 30), Some(now_s / 30), "one step late");
            assert_eq!(at(now_s - 30), Some(now_s / 30), "one step early");
            assert_eq!(at(now_s + 90), None);
            assert!(step(&ring, bob, &sealed, code, now_s).is_err());
        }
        for bad in ["", "28708", "2870820", "28708a", "\u{0662}87082", " 287082"] {
            assert_eq!(step(&ring, ada, &sealed, bad, 59).unwrap(), None, "{bad}");
        }
        let (sealed, text) = fresh(&ring, &rng, ada).unwrap();
        assert_eq!(text.len(), 32);
        assert!(step(&ring, ada, &sealed, "000000", 59).is_ok());
        assert!(step(&ring, ada, &sealed[1..], "000000", 59).is_err());
    }
}
