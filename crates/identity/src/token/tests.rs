use super::*;

/// Fills with one byte.
struct Same(u8);
impl Rng for Same {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[test]
fn the_checksum_is_the_common_crc32() {
    // The check value that every description of this CRC gives.
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    assert_eq!(crc32(b""), 0);
}

#[test]
fn digits_are_the_number_itself() {
    assert_eq!(base62::<3>(&mut [0, 61]), *b"00z");
    assert_eq!(base62::<3>(&mut [62]), *b"010");
    assert_eq!(base62::<6>(&mut [u32::MAX]), *b"4gfFC3");
    // 2^32 + 5 over two limbs.
    assert_eq!(base62::<6>(&mut [1, 5]), *b"4gfFC9");
    // The largest secret still fits into its 43 digits: nothing is left over.
    let mut limbs = [u32::MAX; 8];
    base62::<43>(&mut limbs);
    assert_eq!(limbs, [0; 8]);
    let mut limbs = [u32::MAX; 8];
    base62::<42>(&mut limbs);
    assert_ne!(limbs, [0; 8], "42 digits would lose bits");
}

#[test]
fn tokens_have_the_documented_shape() {
    for (prefix, start) in [(Prefix::Person, "sfp_"), (Prefix::Service, "sfs_")] {
        for byte in [0, 1, 0x7F, 0xFF] {
            let (token, hash) = fresh(prefix, &Same(byte));
            let text = token.reveal();
            assert_eq!(text.len(), 53);
            assert!(text.starts_with(start));
            assert!(text[4..].bytes().all(|b| b.is_ascii_alphanumeric()), "{text}");
            assert_eq!(check(text.as_bytes()), Ok(()));
            assert_eq!(hash, super::hash(text.as_bytes()));
            assert!(is_secret(&text[4..47]));
        }
    }
    assert_eq!(secret(&Same(0)), "0".repeat(43));
    let other = fresh(Prefix::Person, &Same(1)).0;
    assert_ne!(other.reveal(), fresh(Prefix::Person, &Same(2)).0.reveal());
}

#[test]
fn every_damage_is_found_before_any_hash() {
    let (token, _) = fresh(Prefix::Person, &Same(9));
    let good = token.reveal().as_bytes();
    // Any one character changed, anywhere.
    for at in 0..good.len() {
        let mut bad = good.to_vec();
        bad[at] = if bad[at] == b'a' { b'b' } else { b'a' };
        assert!(check(&bad).is_err(), "position {at}");
    }
    // Two neighbours swapped, where they differ.
    for at in 4..good.len() - 1 {
        let mut bad = good.to_vec();
        bad.swap(at, at + 1);
        assert!(bad == good || check(&bad).is_err(), "position {at}");
    }
    for (bad, why) in [
        (&b""[..], Malformed::Length),
        (&good[..52], Malformed::Length),
        (&[good, b"0"].concat(), Malformed::Length),
        (&[b"sfx_", &good[4..]].concat(), Malformed::Prefix),
        (&[b"SFP_", &good[4..]].concat(), Malformed::Prefix),
        (&[b"sfs_", &good[4..]].concat(), Malformed::Checksum),
        (&[b"sfp_", &[0xFF; 49][..]].concat(), Malformed::Alphabet),
        (&[&good[..46], b"-", &good[47..]].concat(), Malformed::Alphabet),
    ] {
        assert_eq!(check(bad), Err(why), "{}", String::from_utf8_lossy(bad));
    }
}
