//! One password: Argon2id (RFC 9106) over HMAC-SHA-256 with a pepper, as a PHC string.
//!
//! The pepper is why a stolen database alone cannot be guessed at: whoever has it lacks the key, which never left this process.
//! Its number stands in the string as `keyid`, so it can be replaced; so do the costs, so they can grow.
use argon2::{
    Algorithm, Argon2, KeyId, Params, ParamsBuilder, PasswordHasher, Version, password_hash::phc::PasswordHash,
};
use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;
use types::Rng;
use unicode_normalization::UnicodeNormalization as _;
use wire::keeper::PasswordFlaw;
use zeroize::Zeroizing;

use super::ring::{KEY_BYTES, Ring};

/// NIST SP 800-63B-4: long enough to stand alone.
const CHARS_MIN: usize = 15;
const CHARS_MAX: usize = 128;
/// Looked at before anything else: whoever sends megabytes must not have them normalised.
const BYTES_MAX: usize = 512;
const SALT_BYTES: usize = 16;

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
}

impl Strength {
    /// What the platform aims at: about 180 ms of one core.
    pub const TARGET: Self = Self { memory_kib: 64 << 10, passes: 3 };
    /// The least that is accepted for a new hash (OWASP).
    pub const FLOOR: Self = Self { memory_kib: 19 << 10, passes: 2 };
    /// The most that a stored hash may ask for. SECURITY: without it, whoever can write one row of the store has the keeper
    /// reserve all memory.
    const CEILING: Self = Self { memory_kib: 256 << 10, passes: 16 };

    /// Neither less than the floor nor more than the ceiling.
    pub(crate) fn within_bounds(self) -> Self {
        Self {
            memory_kib: self.memory_kib.clamp(Self::FLOOR.memory_kib, Self::CEILING.memory_kib),
            passes: self.passes.clamp(Self::FLOOR.passes, Self::CEILING.passes),
        }
    }
}

/// What was found out about a password and a stored hash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    No,
    Yes,
    /// It matches, and was hashed with less than is asked for today, or with a former pepper.
    Outdated,
}

/// Why nothing could be found out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("a stored password hash is not one of the platform's")]
    Stored,
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

/// Whether a new password may be this. Pasting is fine, and so is every character (NIST SP 800-63B-4).
pub(crate) fn check(password: &str) -> Result<(), PasswordFlaw> {
    let too_long = PasswordFlaw::TooLong { chars_max: chars(CHARS_MAX) };
    if password.len() > BYTES_MAX {
        return Err(too_long);
    }
    match password.nfc().count() {
        count if count < CHARS_MIN => Err(PasswordFlaw::TooShort { chars_min: chars(CHARS_MIN) }),
        count if count > CHARS_MAX => Err(too_long),
        _ => Ok(()),
    }
}

fn chars(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether any password can be this; others are refused without a hash, whoever they are tried on.
pub(crate) fn is_possible(password: &str) -> bool {
    !password.is_empty() && password.len() <= BYTES_MAX
}

/// NFC, because keyboards differ in how they compose the same letters; then the pepper.
fn mixed(password: &str, pepper: &[u8; KEY_BYTES]) -> hmac::Tag {
    let normal: Zeroizing<String> = Zeroizing::new(password.nfc().collect());
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, pepper), normal.as_bytes())
}

fn hasher(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn failed(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

/// The PHC string of a password that passed [`check`].
pub(crate) fn hash(peppers: &Ring, rng: &dyn Rng, strength: Strength, password: &str) -> Result<String, PasswordError> {
    let (number, pepper) = peppers.newest().ok_or_else(|| failed("there is no pepper"))?;
    let keyid = KeyId::new(&number.to_be_bytes()).map_err(failed)?;
    let mut builder = ParamsBuilder::new();
    builder.m_cost(strength.memory_kib).t_cost(strength.passes).p_cost(1).keyid(keyid);
    let params = builder.build().map_err(failed)?;
    let mut salt = [0; SALT_BYTES];
    rng.fill(&mut salt);
    let hash = hasher(params).hash_password_with_salt(mixed(password, pepper).as_ref(), &salt).map_err(failed)?;
    Ok(hash.to_string())
}

/// Whether the password is the one of `stored`.
pub(crate) fn verify(peppers: &Ring, wanted: Strength, password: &str, stored: &str) -> Result<Verdict, PasswordError> {
    let stored = PasswordHash::new(stored).map_err(|_| PasswordError::Stored)?;
    let params = Params::try_from(&stored).map_err(|_| PasswordError::Stored)?;
    let number = <[u8; 4]>::try_from(params.keyid()).map(u32::from_be_bytes).map_err(|_| PasswordError::Stored)?;
    let cost = Strength { memory_kib: params.m_cost(), passes: params.t_cost() };
    let bounded = cost.memory_kib <= Strength::CEILING.memory_kib && cost.passes <= Strength::CEILING.passes;
    let ours = stored.algorithm.as_str() == "argon2id" && stored.version == Some(Version::V0x13.into());
    let (Some(salt), Some(expected), true) = (&stored.salt, &stored.hash, bounded && ours && params.p_cost() == 1)
    else {
        return Err(PasswordError::Stored);
    };
    let Some(pepper) = peppers.get(number) else { return Err(PasswordError::Stored) };
    let newest = peppers.newest().is_some_and(|(newest, _)| newest == number);
    let mut found = Zeroizing::new([0; 64]);
    let found = found.get_mut(..expected.as_bytes().len()).ok_or(PasswordError::Stored)?;
    hasher(params).hash_password_into(mixed(password, pepper).as_ref(), salt, found).map_err(failed)?;
    if !bool::from(found.ct_eq(expected.as_bytes())) {
        return Ok(Verdict::No);
    }
    let weak = cost.memory_kib < wanted.memory_kib || cost.passes < wanted.passes;
    Ok(if weak || !newest { Verdict::Outdated } else { Verdict::Yes })
}

/// The work of [`verify`] for somebody who has no password or does not exist, so that their absence takes as long.
pub(crate) fn decoy(peppers: &Ring, rng: &dyn Rng, wanted: Strength, password: &str) -> Result<Verdict, PasswordError> {
    hash(peppers, rng, wanted, password).map(|_| Verdict::No)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{folder::Folder, secrets::tests::Counting};

    const LOW: Strength = Strength { memory_kib: 64, passes: 1 };
    const MORE: Strength = Strength { memory_kib: 128, passes: 2 };

    fn peppers(numbers: &[u32]) -> (tempfile::TempDir, Ring) {
        let outside = tempfile::tempdir().unwrap();
        let folder = Folder::open(&outside.path().join("keys")).unwrap();
        let rng = Counting::default();
        let (_, _) = Ring::open(&folder, "pepper", &rng).unwrap();
        let bytes = folder.read("pepper-1.key").unwrap().unwrap();
        for number in numbers {
            folder.write(&format!("pepper-{number}.key"), &bytes, false).unwrap();
        }
        let (ring, _) = Ring::open(&folder, "pepper", &rng).unwrap();
        (outside, ring)
    }

    #[test]
    fn what_may_be_a_password() {
        for good in ["fifteen letters", "\u{1f511}\u{1f511}\u{1f511} keys and more words", &"x".repeat(128)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for short in ["", "fourteen chars", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}"] {
            assert_eq!(check(short), Err(PasswordFlaw::TooShort { chars_min: 15 }), "{short}");
        }
        for long in ["x".repeat(129), "\u{1f511}".repeat(129), "x".repeat(1 << 20)] {
            assert_eq!(check(&long), Err(PasswordFlaw::TooLong { chars_max: 128 }));
        }
        assert!(!is_possible("") && !is_possible(&"x".repeat(513)) && is_possible("short"));
    }

    #[test]
    fn a_hash_fits_its_password_only_and_says_how_it_was_made() {
        let (_folder, ring) = peppers(&[]);
        let rng = Counting::default();
        let stored = hash(&ring, &rng, LOW, "correct horse battery").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1,keyid=AAAAAQ$"), "{stored}");
        let verify = |word: &str, stored: &str| verify(&ring, LOW, word, stored);
        assert_eq!(verify("correct horse battery", &stored), Ok(Verdict::Yes));
        for wrong in ["", "correct horse batterY", "correct horse battery ", "correct horse batter"] {
            assert_eq!(verify(wrong, &stored), Ok(Verdict::No), "{wrong}");
        }
        let other = hash(&ring, &rng, LOW, "correct horse battery").unwrap();
        assert_ne!(stored, other, "each has a salt of its own");
    }

    #[test]
    fn the_same_letters_composed_otherwise_are_the_same_password() {
        let (_folder, ring) = peppers(&[]);
        let stored = hash(&ring, &Counting::default(), LOW, "caf\u{e9} caf\u{e9} caf\u{e9}").unwrap();
        assert_eq!(verify(&ring, LOW, "cafe\u{301} cafe\u{301} cafe\u{301}", &stored), Ok(Verdict::Yes));
    }

    #[test]
    fn weaker_hashes_and_former_peppers_are_outdated_and_strangers_peppers_fit_nothing() {
        let (_folder, ring) = peppers(&[]);
        let rng = Counting::default();
        let stored = hash(&ring, &rng, LOW, "correct horse battery").unwrap();
        assert_eq!(verify(&ring, MORE, "correct horse battery", &stored), Ok(Verdict::Outdated));
        let (_folder, later) = peppers(&[2]);
        assert_eq!(verify(&later, LOW, "correct horse battery", &stored), Ok(Verdict::Outdated));
        let newer = hash(&later, &rng, LOW, "correct horse battery").unwrap();
        assert_eq!(verify(&ring, LOW, "correct horse battery", &newer), Err(PasswordError::Stored));
    }

    #[test]
    fn what_is_no_hash_of_ours_is_refused_before_it_costs_anything() {
        let (_folder, ring) = peppers(&[]);
        let good = hash(&ring, &Counting::default(), LOW, "correct horse battery").unwrap();
        for bad in [
            String::new(),
            "plain text".into(),
            good.replace("argon2id", "argon2d"),
            good.replace("m=64", "m=4000000"),
            good.replace("t=1", "t=4000000"),
            good.replace("p=1", "p=4"),
            good.replace("v=19", "v=16"),
            good.replace(",keyid=AAAAAQ", ""),
            good.replace("keyid=AAAAAQ", "keyid=AAAAAw"),
            good.rsplit_once('$').unwrap().0.to_owned(),
        ] {
            assert_eq!(verify(&ring, LOW, "correct horse battery", &bad), Err(PasswordError::Stored), "{bad}");
        }
    }

    #[test]
    fn no_setting_goes_below_the_floor() {
        let weak = Strength { memory_kib: 1, passes: 0 };
        assert_eq!(weak.within_bounds(), Strength::FLOOR);
        assert_eq!(Strength::TARGET.within_bounds(), Strength::TARGET);
    }
}
