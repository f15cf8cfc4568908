use std::num::NonZeroU32;

use aws_lc_rs::{
    pbkdf2,
    signature::{
        ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA512_ASN1, ECDSA_P521_SHA1_FIXED,
        ECDSA_P521_SHA256_FIXED, VerificationAlgorithm,
    },
};

use super::*;
use crate::{
    clock::thread_cpu_ns,
    js::list::{Items, push},
};

fn list(items: &[&[u8]]) -> Vec<u8> {
    let mut list = Vec::new();
    for item in items {
        push(&mut list, item);
    }
    list
}

fn run(what: u32, params: &[&[u8]], input: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut job = begin(what, &list(params), input.len())?;
    let mut out = Vec::new();
    while !job.step(input, &mut out)? {}
    Ok(out)
}

#[test]
fn pbkdf2_is_aws_lcs() {
    for (name, algorithm) in [
        ("SHA-1", pbkdf2::PBKDF2_HMAC_SHA1),
        ("SHA-256", pbkdf2::PBKDF2_HMAC_SHA256),
        ("SHA-384", pbkdf2::PBKDF2_HMAC_SHA384),
        ("SHA-512", pbkdf2::PBKDF2_HMAC_SHA512),
    ] {
        for iterations in [1, 2, 499, 500, 501, 1_000, 1_777] {
            for length in [1_usize, 20, 64, 65, 200] {
                let mut wanted = vec![0; length];
                let count = NonZeroU32::new(iterations).unwrap();
                pbkdf2::derive(algorithm, count, b"salt", b"a long password, longer than a block of the hash: it is hashed first, as HMAC has it, and then it is a key of its own, for 128 bytes", &mut wanted);
                let (length, iterations) = (length.to_string(), iterations.to_string());
                let found = run(DERIVE, &[b"PBKDF2", b"a long password, longer than a block of the hash: it is hashed first, as HMAC has it, and then it is a key of its own, for 128 bytes", length.as_bytes(), name.as_bytes(), b"salt", iterations.as_bytes()], b"");
                assert_eq!(found.unwrap(), wanted, "{name} {iterations} {length}");
            }
        }
    }
}

#[test]
fn long_work_goes_in_short_pieces() {
    for iterations in ["1000000", "10000000"] {
        let job = begin(DERIVE, &list(&[b"PBKDF2", b"password", b"64", b"SHA-512", b"salt", iterations.as_bytes()]), 0);
        let mut job = job.unwrap();
        assert!(job.is_long());
        let began_ns = thread_cpu_ns();
        for _ in 0..100 {
            assert_eq!(job.step(b"", &mut Vec::new()), Ok(false));
        }
        let took_us = (thread_cpu_ns() - began_ns) / 1_000;
        assert!(took_us < 500_000, "{took_us} us");
    }
    let input = vec![7; 10 * PIECE_BYTES + 1];
    let mut job = begin(DIGEST, &list(&[b"SHA-512"]), input.len()).unwrap();
    assert!(job.is_long());
    let mut pieces = 1;
    while !job.step(&input, &mut Vec::new()).unwrap() {
        pieces += 1;
    }
    assert_eq!(pieces, 11);
}

/// `r` and `s` as ASN.1 has them.
fn asn1(fixed: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let sign = usize::from(digits.first().is_none_or(|first| *first >= 0x80));
        [&[2, u8::try_from(digits.len() + sign).unwrap()], &[0][..sign], &digits].concat()
    };
    let (r, s) = fixed.split_at(fixed.len() / 2);
    let body = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

/// What is signed here with a hash that is not the curve's own is what aws-lc verifies by itself.
#[test]
fn ecdsa_with_another_hash_is_ecdsa() {
    let curves: [(&str, &str, &dyn VerificationAlgorithm, bool); 5] = [
        ("P-256", "SHA-512", &ECDSA_P256_SHA512_ASN1, true),
        ("P-384", "SHA-256", &ECDSA_P384_SHA256_ASN1, true),
        ("P-384", "SHA-512", &ECDSA_P384_SHA512_ASN1, true),
        ("P-521", "SHA-1", &ECDSA_P521_SHA1_FIXED, false),
        ("P-521", "SHA-256", &ECDSA_P521_SHA256_FIXED, false),
    ];
    for (curve, hash, algorithm, is_asn1) in curves {
        let pair = run(GENERATE, &[curve.as_bytes()], b"").unwrap();
        let mut pair = Items(&pair);
        let (private, public) = (pair.next().unwrap(), pair.next().unwrap());
        let signature = run(SIGN, &[b"ECDSA", private, curve.as_bytes(), hash.as_bytes()], b"message").unwrap();
        let theirs = if is_asn1 { asn1(&signature) } else { signature.clone() };
        assert!(verified(algorithm, public, &theirs), "{curve} {hash}");
        let verify = |signature: &[u8]| {
            run(VERIFY, &[b"ECDSA", signature, public, curve.as_bytes(), hash.as_bytes()], b"message").unwrap()
        };
        assert_eq!(verify(&signature), [1], "{curve} {hash}");
        assert_eq!(verify(&theirs), [u8::from(!is_asn1)], "{curve} {hash}");
    }
}

fn verified(algorithm: &dyn VerificationAlgorithm, public: &[u8], signature: &[u8]) -> bool {
    algorithm.verify_sig(public, b"message", signature).is_ok()
}

#[test]
fn what_is_malformed_is_refused() {
    // The engine is the guest's: whatever comes must end in a refusal or an answer.
    let samples: [&[&[u8]]; 9] = [
        &[],
        &[b""],
        &[b"HMAC"],
        &[b"HMAC", b"key"],
        &[b"ECDSA", b"key", b"P-256", b"SHA-256"],
        &[b"RSA-PSS", b"\x01\0\0\0a", b"SHA-256", b"4294967295"],
        &[b"AES-CTR", b"0123456789abcdef", b"0123456789abcdef", b"129"],
        &[b"P-256", b"pkcs8"],
        &[b"\xff\xfe", b"raw"],
    ];
    for what in 0..12 {
        for params in samples {
            for input in [&b""[..], b"\x30\x80", &[0; 64]] {
                let done = run(what, params, input);
                assert!(done.is_err() || what < IMPORT, "{what} {params:?}");
            }
        }
        assert!(begin(what, &[0xff; 7], 0).is_err());
        assert!(begin(what, &vec![0; PARAMS_BYTES_MAX + 1], 0).is_err());
    }
    for (format, name) in
        [("pkcs8", "RSA"), ("spki", "RSA"), ("pkcs8", "P-256"), ("spki", "Ed25519"), ("raw", "X25519")]
    {
        for length in 0..200 {
            let refused = run(IMPORT, &[name.as_bytes(), format.as_bytes()], &vec![0x30; length]);
            assert!(refused.is_err() || (name, length) == ("X25519", 32), "{name} {length}");
        }
    }
}

#[test]
fn bounds_hold() {
    for (params, input) in [
        (list(&[b"PBKDF2", b"p", b"32", b"SHA-256", b"s", b"0"]), 0),
        (list(&[b"PBKDF2", b"p", b"32", b"SHA-256", b"s", b"10000001"]), 0),
        (list(&[b"PBKDF2", b"p", b"65537", b"SHA-256", b"s", b"1"]), 0),
        (list(&[b"HKDF", b"p", b"8161", b"SHA-256", b"s", b"i"]), 0),
    ] {
        assert!(matches!(begin(DERIVE, &params, input), Err(Refusal::Operation(_))));
    }
    let gcm = list(&[b"AES-GCM", &[0; 16], &[0; 12], b""]);
    assert!(begin(ENCRYPT, &gcm, WHOLE_BYTES_MAX).is_ok());
    assert!(begin(ENCRYPT, &gcm, WHOLE_BYTES_MAX + 1).is_err());
    // RSA: too short, too long for a private key, an exponent that would take for ever.
    let import = |n: &[u8], e: &[u8]| {
        let field = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        run(IMPORT, &[b"RSA", b"jwk", field(n).as_bytes(), field(e).as_bytes()], b"")
    };
    let modulus = |bytes: usize| [vec![0x80], vec![1; bytes - 1]].concat();
    assert!(import(&modulus(256), &[1, 0, 1]).is_ok() && import(&modulus(1_024), &[3]).is_ok());
    for (n, e) in [
        (modulus(128), vec![1, 0, 1]),
        (modulus(1_025), vec![1, 0, 1]),
        (modulus(256), vec![1; 256]),
        (modulus(256), vec![1]),
        (modulus(256), vec![2]),
        (modulus(256), vec![]),
        (vec![], vec![3]),
    ] {
        assert!(import(&n, &e).is_err(), "{} {e:?}", n.len());
    }
    assert!(matches!(run(GENERATE, &[b"RSA"], b""), Err(Refusal::NotSupported(_))));
}

#[test]
fn what_draws_from_chance_says_so() {
    let needs = |what, params: &[&[u8]]| begin(what, &list(params), 0).unwrap().needs_chance();
    assert!(needs(GENERATE, &[b"P-256"]) && needs(GENERATE, &[b"Ed25519"]));
    assert!(needs(SIGN, &[b"ECDSA", b"", b"P-256", b"SHA-256"]));
    assert!(needs(SIGN, &[b"RSA-PSS", b"", b"SHA-256", b"32"]));
    assert!(!needs(SIGN, &[b"Ed25519", b""]) && !needs(DIGEST, &[b"SHA-256"]));
    assert!(!needs(IMPORT, &[b"P-256", b"jwk"]));
}
