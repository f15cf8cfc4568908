//! A holder of a key that tokens are bound to (RFC 9449), written by hand: what an honest one would never sign can be signed.
use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD as TEXT;
use serde_json::{Value, json};

pub(crate) struct KeyHolder(EcdsaKeyPair);

pub(crate) fn sha256(text: &str) -> String {
    TEXT.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    TEXT.encode(&bytes)
}

pub(crate) fn now_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

impl KeyHolder {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn header(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let jwk =
            json!({"kty": "EC", "crv": "P-256", "x": TEXT.encode(&point[1..33]), "y": TEXT.encode(&point[33..65])});
        json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk})
    }

    pub(crate) fn claims(method: &str, url: &str, token: Option<&str>) -> Value {
        let mut claims = json!({"jti": random(), "htm": method, "htu": url, "iat": now_s()});
        if let Some(token) = token {
            claims["ath"] = json!(sha256(token));
        }
        claims
    }

    fn text(header: &Value, claims: &Value) -> String {
        format!("{}.{}", TEXT.encode(header.to_string().as_bytes()), TEXT.encode(claims.to_string().as_bytes()))
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = Self::text(header, claims);
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        format!("{text}.{}", TEXT.encode(signature.as_ref()))
    }

    pub(crate) fn prove(&self, method: &str, url: &str, token: Option<&str>) -> String {
        self.sign(&self.header(), &Self::claims(method, url, token))
    }

    /// Without a signature.
    pub(crate) fn unsigned(&self, claims: &Value) -> String {
        let mut header = self.header();
        header["alg"] = json!("none");
        format!("{}.", Self::text(&header, claims))
    }

    /// With the public key as the secret of an HMAC.
    pub(crate) fn confused(&self, claims: &Value) -> String {
        let mut header = self.header();
        header["alg"] = json!("HS256");
        let text = Self::text(&header, claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.0.public_key().as_ref()), text.as_bytes());
        format!("{text}.{}", TEXT.encode(tag.as_ref()))
    }
}
