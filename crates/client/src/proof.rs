//! A key that tokens are bound to, and the proof of it that goes with each request (DPoP, RFC 9449).
use std::sync::Arc;

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde::Serialize;
use types::{Clock, Rng, Secret};

use crate::ClientError;

/// A private key on P-256. Cheap to clone.
#[derive(Clone)]
pub struct ProofKey {
    key: EncodingKey,
    header: Header,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    jti: String,
    htm: &'a str,
    htu: &'a str,
    /// In seconds.
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
}

fn unusable(reason: impl std::fmt::Display) -> ClientError {
    ClientError::Unsendable { reason: format!("the key of this login cannot be used: {reason}") }
}

impl ProofKey {
    /// A new key, and its text for a file that nobody else can read.
    pub fn fresh(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<(Self, Secret), ClientError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unusable)?;
        let document = pair.to_pkcs8v1().map_err(unusable)?;
        let text = Secret::new(BASE64URL_NOPAD.encode(document.as_ref()));
        Ok((Self::read(&text, clock, rng)?, text))
    }

    /// The key with this text.
    pub fn read(text: &Secret, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, ClientError> {
        let document = BASE64URL_NOPAD.decode(text.reveal().as_bytes()).map_err(unusable)?;
        let key = EncodingKey::from_ec_der(&document);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(unusable)?;
        jwk.common.key_algorithm = None;
        let header = Header { typ: Some("dpop+jwt".to_owned()), jwk: Some(jwk), ..Header::new(Algorithm::ES256) };
        Ok(Self { key, header, clock, rng })
    }

    /// A proof for one request of this method to this address (without query), with this token where there is one.
    pub(crate) fn prove(&self, method: &Method, address: &str, token: Option<&Secret>) -> Result<String, ClientError> {
        let mut id = [0; 16];
        self.rng.fill(&mut id);
        let claims = Claims {
            jti: BASE64URL_NOPAD.encode(&id),
            htm: method.as_str(),
            htu: address,
            iat: self.clock.now().0 / 1_000,
            ath: token.map(|token| BASE64URL_NOPAD.encode(digest(&SHA256, token.reveal().as_bytes()).as_ref())),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.key).map_err(unusable)
    }
}

/// A token that is bound to a key, and the key.
#[derive(Debug, Clone)]
pub struct Bound {
    pub token: Secret,
    pub key: ProofKey,
}
