//! The parser alone. What attacks tokens as a whole is in `tests/room/tokens.rs`.
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use gateway::TokenKeyState;
use serde_json::{Value, json};

use super::*;

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);
const ISSUER: &str = "https://id.example.com";

fn key() -> (EcdsaKeyPair, Key) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (point[1..33].try_into().unwrap(), point[33..65].try_into().unwrap());
    let (state, at) = (TokenKeyState::Active, NOW);
    let (signs_until, gone_at) = (NOW.plus_seconds(9), NOW.plus_seconds(10));
    let public = TokenKey { id: "k".into(), x, y, state, made_at: at, signs_from: at, signs_until, gone_at };
    (pair, Key::of(public).unwrap())
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "https://console.example.com", "client_id": "c", "jti": "0123456789abcdef",
        "sub": PrincipalId::from_bytes([1; 16]).to_string(), "sid": CredentialId::from_bytes([2; 16]).to_string(),
        "iat": NOW.0 / 1_000, "exp": NOW.0 / 1_000 + 5, "cnf": {"jkt": BASE64URL_NOPAD.encode(&[3; 32])},
    })
}

fn sign(pair: &EcdsaKeyPair, header: &str, claims: &str) -> String {
    let text = format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(claims.as_bytes()));
    let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
    format!("{text}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

const HEADER: &str = r#"{"typ":"at+jwt","alg":"ES256","kid":"k"}"#;

#[test]
fn what_it_says_is_read_whole() {
    let (pair, key) = key();
    let text = sign(&pair, HEADER, &claims().to_string());
    let wanted = Said {
        audience: "https://console.example.com".into(),
        person: PrincipalId::from_bytes([1; 16]),
        login: CredentialId::from_bytes([2; 16]),
        id: "0123456789abcdef".into(),
        key: Digest::from_bytes([3; 32]),
        ends_at: UnixMillis(NOW.0 + 5_000),
    };
    assert_eq!(read(&text, std::slice::from_ref(&key), ISSUER, NOW), Ok(wanted));
    assert_eq!(read(&text, &[], ISSUER, NOW), Err(Defect::Key));
    assert_eq!(read(&text, &[key], ISSUER, NOW.plus_seconds(5)), Err(Defect::Over));
}

#[test]
fn depth_and_length_are_bounded_before_anything_is_built() {
    let (pair, key) = key();
    let keys = [key];
    for nested in ["[".repeat(500), format!("{}1{}", "[".repeat(300), "]".repeat(300)), "{\"a\":".repeat(250)] {
        let text = sign(&pair, HEADER, &nested);
        assert_eq!(read(&text, &keys, ISSUER, NOW), Err(Defect::Claims));
        let text = sign(&pair, &nested, &claims().to_string());
        assert_eq!(read(&text, &keys, ISSUER, NOW), Err(Defect::Malformed));
    }
    let mut huge = claims();
    huge["more"] = json!("x".repeat(100_000));
    assert_eq!(read(&sign(&pair, HEADER, &huge.to_string()), &keys, ISSUER, NOW), Err(Defect::Malformed));
}

#[test]
fn mangled_tokens_are_refused() {
    let (pair, key) = key();
    let (good, keys) = (sign(&pair, HEADER, &claims().to_string()), [key]);
    let said = read(&good, &keys, ISSUER, NOW);
    let seeds = [good.as_bytes(), b"e30.e30.AA", b"..", b"eyJhbGciOiJub25lIn0.e30."];
    mangle::run(&seeds, 20_000, |bytes| {
        crate::probe::signed(bytes);
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        // The last character of a signature in base64 has bits that mean nothing; every other change shows.
        if let Ok(other) = read(text, &keys, ISSUER, NOW) {
            assert_eq!(Ok(other), said, "{text}");
        }
    });
}
