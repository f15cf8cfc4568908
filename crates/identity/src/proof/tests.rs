use aws_lc_rs::{
    encoding::AsBigEndian as _,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use super::*;

const NOW_S: u64 = 1_790_000_000;
const URL: &str = "https://console.example.com/api/v1/whoami";

/// A holder of a key who writes whatever they like.
struct Holder(EcdsaKeyPair);

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(bytes.as_ref())
}

impl Holder {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": b64(&point[1..33]), "y": b64(&point[33..65])})
    }

    fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", b64(signature.as_ref()))
    }
}

fn claims() -> Value {
    json!({"jti": "one", "htm": "GET", "htu": URL, "iat": NOW_S})
}

fn with(mut value: Value, name: &str, other: Value) -> Value {
    value[name] = other;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

fn ask(text: &str, token: Option<&Digest>) -> Result<Proof, Flaw> {
    let address = Uri::from_static(URL);
    let about = About { method: &Method::GET, address: &address, token };
    judge(text, about, UnixMillis(NOW_S * 1_000 + 500), NOW_S - 1_000)
}

#[test]
fn a_good_proof_names_its_key() {
    let holder = Holder::new();
    let proof = ask(&holder.sign(&holder.header(), &claims()), None).unwrap();
    // RFC 7638 section 3: members in this order, without spaces.
    let jwk = holder.jwk();
    let text = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    assert_eq!(proof.key, token::hash(text.as_bytes()));
    assert_eq!(proof.until, UnixMillis((NOW_S + SKEW_S + 1) * 1_000));
    for htu in [
        "HTTPS://Console.Example.COM/api/v1/whoami",
        "https://console.example.com:443/api/v1/whoami",
        "https://console.example.com/api/v1/whoami?x=1",
        "https://console.example.com/api/v1/whoami#x",
    ] {
        let said = with(claims(), "htu", json!(htu));
        assert!(ask(&holder.sign(&holder.header(), &said), None).is_ok(), "{htu}");
    }
    let more = with(with(claims(), "nonce", json!("x")), "aud", json!("y"));
    assert!(ask(&holder.sign(&holder.header(), &more), None).is_ok(), "claims that mean nothing here");
    for iat in [NOW_S - SKEW_S, NOW_S + AHEAD_S] {
        assert!(ask(&holder.sign(&holder.header(), &with(claims(), "iat", json!(iat))), None).is_ok(), "{iat}");
    }
}

#[test]
fn a_proof_is_about_one_request_at_one_moment() {
    let holder = Holder::new();
    for (name, value, flaw) in [
        ("htm", json!("POST"), Flaw::Method),
        ("htm", json!("get"), Flaw::Method),
        ("htu", json!("https://console.example.com/api/v1/apps"), Flaw::Address),
        ("htu", json!("https://console.example.com/api/v1/whoami/"), Flaw::Address),
        ("htu", json!("https://console.example.com/api/v1/%77hoami"), Flaw::Address),
        ("htu", json!("https://console.example.com:8443/api/v1/whoami"), Flaw::Address),
        ("htu", json!("http://console.example.com/api/v1/whoami"), Flaw::Address),
        ("htu", json!("https://console.example.com.evil.example/api/v1/whoami"), Flaw::Address),
        ("htu", json!("https://a@console.example.com/api/v1/whoami"), Flaw::Address),
        ("htu", json!("//console.example.com/api/v1/whoami"), Flaw::Address),
        ("htu", json!("/api/v1/whoami"), Flaw::Address),
        ("htu", json!(""), Flaw::Address),
        ("iat", json!(NOW_S - SKEW_S - 1), Flaw::Old(SKEW_S + 1)),
        ("iat", json!(NOW_S - 3_600), Flaw::Old(3_600)),
        ("iat", json!(0), Flaw::Old(NOW_S)),
        ("iat", json!(NOW_S + AHEAD_S + 1), Flaw::Ahead(AHEAD_S + 1)),
        ("iat", json!(NOW_S + 60), Flaw::Ahead(60)),
        ("iat", json!(u64::MAX), Flaw::Ahead(u64::MAX - NOW_S)),
        ("iat", json!("1790000000"), Flaw::Malformed),
        ("exp", json!(NOW_S), Flaw::Over),
        ("nbf", json!(NOW_S + 120), Flaw::Over),
        ("jti", json!(""), Flaw::Id),
        ("jti", json!("x".repeat(129)), Flaw::Id),
        ("jti", json!(7), Flaw::Malformed),
    ] {
        let text = holder.sign(&holder.header(), &with(claims(), name, value.clone()));
        assert_eq!(ask(&text, None), Err(flaw), "{name} {value}");
    }
    for name in ["jti", "htm", "htu", "iat"] {
        assert_eq!(ask(&holder.sign(&holder.header(), &without(claims(), name)), None), Err(Flaw::Malformed), "{name}");
    }
    let fresh = holder.sign(&holder.header(), &claims());
    let address = Uri::from_static(URL);
    let about = About { method: &Method::GET, address: &address, token: None };
    let since = |second: u64| judge(&fresh, about, UnixMillis(NOW_S * 1_000), second).map(drop);
    assert_eq!(since(NOW_S + 1), Err(Flaw::BeforeStart), "what an earlier process saw is not known to this one");
    assert_eq!(since(NOW_S), Ok(()));
}

#[test]
fn a_proof_with_a_token_is_about_that_token() {
    let holder = Holder::new();
    let (mine, other) = (token::hash(b"mine"), token::hash(b"other"));
    let said = with(claims(), "ath", json!(b64(mine.as_bytes())));
    let text = holder.sign(&holder.header(), &said);
    assert!(ask(&text, Some(&mine)).is_ok());
    assert_eq!(ask(&text, Some(&other)), Err(Flaw::Token));
    assert_eq!(ask(&holder.sign(&holder.header(), &claims()), Some(&mine)), Err(Flaw::Token));
}

#[test]
fn only_es256_by_a_public_key_of_its_own() {
    let (holder, other) = (Holder::new(), Holder::new());
    let header = |name: &str, value: Value| with(holder.header(), name, value);
    let jwk = |name: &str, value: Value| header("jwk", with(holder.jwk(), name, value));
    for (header, flaw) in [
        (header("alg", json!("none")), Flaw::Malformed),
        (header("alg", json!("None")), Flaw::Malformed),
        (header("alg", json!("ES256K")), Flaw::Malformed),
        (header("alg", json!("HS256")), Flaw::Algorithm),
        (header("alg", json!("RS256")), Flaw::Algorithm),
        (header("alg", json!("ES384")), Flaw::Algorithm),
        (header("alg", json!("EdDSA")), Flaw::Algorithm),
        (without(holder.header(), "alg"), Flaw::Malformed),
        (header("typ", json!("JWT")), Flaw::Malformed),
        (header("typ", json!("at+jwt")), Flaw::Malformed),
        (without(holder.header(), "typ"), Flaw::Malformed),
        (without(holder.header(), "jwk"), Flaw::Malformed),
        (header("jwk", json!(null)), Flaw::Malformed),
        (header("jwk", json!({})), Flaw::Key),
        (header("crit", json!(["b64"])), Flaw::Malformed),
        (header("jwk", other.jwk()), Flaw::Signature),
        (header("jwk", json!({"kty": "oct", "k": "c2VjcmV0"})), Flaw::Key),
        (header("jwk", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"})), Flaw::Key),
        (jwk("crv", json!("P-384")), Flaw::Key),
        (jwk("d", json!(b64([1; 32]))), Flaw::Key),
        (jwk("x", json!("")), Flaw::Signature),
        (jwk("x", json!("!")), Flaw::Key),
    ] {
        let text = holder.sign(&header, &claims());
        let judged = ask(&text, None);
        // A key that cannot be read may be found out by either of the two who look at it.
        let same = judged == Err(flaw) || (flaw == Flaw::Signature && judged == Err(Flaw::Malformed));
        assert!(same, "{header}: {judged:?}, wanted {flaw:?}");
    }

    // The public key as the secret of an HMAC: the oldest confusion there is.
    let header = header("alg", json!("HS256"));
    let text = format!("{}.{}", b64(header.to_string()), b64(claims().to_string()));
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, holder.0.public_key().as_ref());
    let tag = aws_lc_rs::hmac::sign(&secret, text.as_bytes());
    assert_eq!(ask(&format!("{text}.{}", b64(tag.as_ref())), None), Err(Flaw::Algorithm));

    let good = holder.sign(&holder.header(), &claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    let spread = good.replace('.', "..");
    let long = format!("{good}{}", "A".repeat(BYTES_MAX));
    for bad in
        [format!("{signed}."), signed.to_owned(), format!("{good}."), format!("{good} "), spread, long, String::new()]
    {
        assert!(ask(&bad, None).is_err(), "{bad}");
    }
    let private = holder.0.private_key().as_be_bytes().unwrap();
    assert!(!good.contains(&b64(private.as_ref())), "nothing of the key is in it");
}

#[test]
fn mangled_proofs_are_refused() {
    let holder = Holder::new();
    let good = holder.sign(&holder.header(), &claims());
    let seeds = [good.as_bytes(), b"e30.e30.", b"..", b"eyJhbGciOiJub25lIn0.e30."];
    mangle::run(&seeds, 5_000, |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        // The last character of a signature in base64 has bits that mean nothing; every other change shows.
        if let Ok(proof) = ask(text, None) {
            assert_eq!(ask(&good, None).map(|good| good.key), Ok(proof.key), "{text}");
        }
    });
}
