//! What somebody typed waits with them: on the page that says to wait, their password lies sealed, so that the button goes on where
//! they were. It opens for one account and ten minutes, in this process alone, and is looked at like a password that was typed.
//!
//! SECURITY: whoever has such a page and this platform within those ten minutes has a try that is right; so has whoever saw it being
//! typed. The seal is of this process, like the puzzle's: the keeper is what a flood must not reach.
//! If this is wrong: a page that is left open on a screen, or in a cache, gives a password away.
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use data_encoding::BASE64URL_NOPAD;
use types::{Digest, Rng, Secret, UnixMillis};

/// How long it waits: as long as a puzzle holds.
const LIFE_S: u64 = 600;
/// Longer than any password; see `maxlength` of the field.
const BYTES_MAX: usize = 512;
/// When it was sealed.
const AT: usize = 8;

/// Seals and opens.
pub(crate) struct Carrier(Option<LessSafeKey>);

impl Carrier {
    pub(crate) fn new(rng: &dyn Rng) -> Self {
        let mut key = [0; 32];
        rng.fill(&mut key);
        Self(UnboundKey::new(&AES_256_GCM_SIV, &key).ok().map(LessSafeKey::new))
    }

    /// The word as text for a form; `None` for what no password is, which its owner types again.
    pub(crate) fn seal(&self, word: &str, account: &Digest, now: UnixMillis, rng: &dyn Rng) -> Option<String> {
        let key = self.0.as_ref().filter(|_| !word.is_empty() && word.len() <= BYTES_MAX)?;
        let mut nonce = [0; NONCE_LEN];
        rng.fill(&mut nonce);
        let mut sealed = [&now.0.to_be_bytes(), word.as_bytes()].concat();
        let nonce_of = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce_of, Aad::from(account.as_bytes()), &mut sealed).ok()?;
        Some(BASE64URL_NOPAD.encode(&[&nonce, sealed.as_slice()].concat()))
    }

    /// The word, if it was sealed for this account a short while ago.
    pub(crate) fn open(&self, text: &str, account: &Digest, now: UnixMillis) -> Option<Secret> {
        let key = self.0.as_ref().filter(|_| text.len() <= 2 * BYTES_MAX)?;
        let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = key.open_in_place(nonce, Aad::from(account.as_bytes()), sealed).ok()?;
        let (at, word) = plain.split_at_checked(AT)?;
        let at = UnixMillis(u64::from_be_bytes(at.try_into().ok()?));
        let waits = now >= at && now < at.plus_seconds(LIFE_S);
        waits.then(|| String::from_utf8(word.to_vec()).ok().map(Secret::new)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(std::sync::atomic::AtomicU8);

    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
    const ADA: Digest = Digest::from_bytes([1; 32]);
    const BOB: Digest = Digest::from_bytes([2; 32]);

    #[test]
    fn a_word_opens_for_its_account_its_time_and_its_process() {
        let rng = Fixed(std::sync::atomic::AtomicU8::new(3));
        let (carrier, other) = (Carrier::new(&rng), Carrier::new(&rng));
        for word in ["a", "correct horse battery staple", &"é".repeat(256)] {
            let text = carrier.seal(word, &ADA, NOW, &rng).unwrap();
            let open = |text: &str, who, now| carrier.open(text, who, now).map(|word| word.reveal().to_owned());
            assert_eq!(open(&text, &ADA, NOW.plus_seconds(LIFE_S - 1)).as_deref(), Some(word));
            assert_eq!(open(&text, &BOB, NOW), None, "another account");
            assert_eq!(open(&text, &ADA, NOW.plus_seconds(LIFE_S)), None, "too long ago");
            assert_eq!(open(&text, &ADA, UnixMillis(NOW.0 - 1)), None, "a clock that was set back");
            assert!(other.open(&text, &ADA, NOW).is_none(), "another process");
            for at in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                assert_eq!(open(&String::from_utf8(changed).unwrap(), &ADA, NOW), None, "character {at}");
            }
            assert!(!text.contains(word) || word.len() == 1, "sealed");
        }
        for nothing in ["", "AAAA", &"A".repeat(5_000)] {
            assert!(carrier.open(nothing, &ADA, NOW).is_none());
        }
        assert!(
            carrier.seal("", &ADA, NOW, &rng).is_none() && carrier.seal(&"x".repeat(513), &ADA, NOW, &rng).is_none()
        );
    }
}
