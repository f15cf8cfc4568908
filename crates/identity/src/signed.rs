//! Signed access tokens: JWTs of type `at+jwt` (RFC 9068), made by the keeper for one place, and bound to a key (RFC 9449).
//! A signature says that we made it. Whether its login still stands, the store says; see `service.rs`.
//! If this is wrong: whoever can write JSON is anybody.
use data_encoding::BASE64URL_NOPAD;
use gateway::TokenKey;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind};
use serde::Deserialize;
use types::{CredentialId, Digest, PrincipalId, UnixMillis};

/// One of ours has about 800 bytes. Nothing longer is looked at, so that nesting, too, is bounded.
pub(crate) const BYTES_MAX: usize = 2_048;
const TYPE: &str = "at+jwt";
/// How far ahead of our clock the one that wrote `iat` and `nbf` may be. The end of a token is ours to judge: it has no such time.
const SKEW_S: u64 = 60;

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Defect {
    #[error("it is not a signed JWT of type `at+jwt`")]
    Malformed,
    #[error("its algorithm is not ES256")]
    Algorithm,
    #[error("its header calls something critical that is not known here")]
    Critical,
    #[error("it names no key of this platform, or one that is gone")]
    Key,
    #[error("it is not signed by the key that it names")]
    Signature,
    #[error("its claims are not those of an access token with one audience")]
    Claims,
    #[error("it is for a place that is none of this platform")]
    Audience,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is over, expired")]
    Over,
    #[error("it is not valid yet")]
    Early,
}

/// What a token says that we signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// `aud`
    pub(crate) audience: Box<str>,
    /// `sub`
    pub(crate) person: PrincipalId,
    /// `sid`
    pub(crate) login: CredentialId,
    /// `jti`
    pub(crate) id: Box<str>,
    /// `cnf.jkt`
    pub(crate) key: Digest,
    /// `exp`
    pub(crate) ends_at: UnixMillis,
}

/// Every claim that has to be there. `aud` is a text: a list, of one even, is no text.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: PrincipalId,
    aud: String,
    #[serde(rename = "client_id")]
    _client: String,
    iat: u64,
    exp: u64,
    #[serde(default)]
    nbf: Option<u64>,
    jti: String,
    sid: CredentialId,
    cnf: Confirmation,
}

#[derive(Deserialize)]
struct Confirmation {
    jkt: String,
}

/// A key that tokens may be signed with, ready for use.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) public: TokenKey,
    decoding: DecodingKey,
}

impl Key {
    /// `None`: its coordinates are of no point on the curve.
    pub(crate) fn of(public: TokenKey) -> Option<Self> {
        let (x, y) = (BASE64URL_NOPAD.encode(&public.x), BASE64URL_NOPAD.encode(&public.y));
        let decoding = DecodingKey::from_ec_components(&x, &y).ok()?;
        Some(Self { public, decoding })
    }
}

/// Whether it could be one at all: three parts of base64url. Costs no hash and allocates nothing.
pub(crate) fn has_shape(text: &[u8]) -> bool {
    let part =
        |part: &[u8]| !part.is_empty() && part.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let mut parts = text.split(|b| *b == b'.');
    let three = text.len() <= BYTES_MAX && (0..3).all(|_| parts.next().is_some_and(part));
    three && parts.next().is_none()
}

/// SECURITY: what a header says decides nothing but which of our own keys is tried. An algorithm other than the one (`none`, an HMAC
/// with a public key as its secret) ends here; keys that it brings, or addresses of keys (`jwk`, `jku`, `x5u`), are not looked at;
/// a name of a key that we do not have is not asked for anywhere.
fn key_of<'a>(header: &Header, keys: &'a [Key], now: UnixMillis) -> Result<&'a Key, Defect> {
    if header.alg != Algorithm::ES256 {
        return Err(Defect::Algorithm);
    }
    if header.typ.as_deref() != Some(TYPE) {
        return Err(Defect::Malformed);
    }
    // RFC 7515 section 4.1.11.
    if header.crit.is_some() {
        return Err(Defect::Critical);
    }
    let named = keys.iter().find(|key| header.kid.as_deref() == Some(&*key.public.id));
    named.filter(|key| now < key.public.gone_at).ok_or(Defect::Key)
}

/// Reads a token of this issuer, signed by one of these keys.
pub(crate) fn read(text: &str, keys: &[Key], issuer: &str, now: UnixMillis) -> Result<Said, Defect> {
    if !has_shape(text.as_bytes()) {
        return Err(Defect::Malformed);
    }
    let header = decode_header(text).map_err(|e| match e.kind() {
        // A name that the library has no algorithm for: `none`, say.
        ErrorKind::InvalidAlgorithmName | ErrorKind::InvalidAlgorithm => Defect::Algorithm,
        _ => Defect::Malformed,
    })?;
    let key = key_of(&header, keys, now)?;
    let mut validation = Validation::new(Algorithm::ES256);
    // Judged here, by the platform's clock and without leniency.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let decoded = decode::<Claims>(text, &key.decoding, &validation);
    let claims = decoded
        .map_err(|e| match e.kind() {
            ErrorKind::InvalidSignature => Defect::Signature,
            _ => Defect::Claims,
        })?
        .claims;
    if claims.iss != issuer {
        return Err(Defect::Issuer);
    }
    let (now_s, latest) = (now.0 / 1_000, (now.0 / 1_000).saturating_add(SKEW_S));
    if now_s >= claims.exp {
        return Err(Defect::Over);
    }
    if claims.iat > latest || claims.nbf.is_some_and(|nbf| nbf > latest) {
        return Err(Defect::Early);
    }
    // SECURITY: whatever signed it, nothing lives longer than this.
    if claims.exp.saturating_sub(claims.iat) > gateway::TOKEN_LIFE_S_MAX {
        return Err(Defect::Claims);
    }
    let key = BASE64URL_NOPAD.decode(claims.cnf.jkt.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    Ok(Said {
        audience: claims.aud.into(),
        person: claims.sub,
        login: claims.sid,
        id: claims.jti.into(),
        key: Digest::from_bytes(key.ok_or(Defect::Claims)?),
        ends_at: UnixMillis(claims.exp.saturating_mul(1_000)),
    })
}

/// The base point of P-256 (SEC 2 section 2.4.2), for the probe.
#[cfg(any(test, fuzzing))]
pub(crate) const PROBE_X: [u8; 32] = [
    0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
    0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
];
#[cfg(any(test, fuzzing))]
pub(crate) const PROBE_Y: [u8; 32] = [
    0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
    0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

#[cfg(test)]
mod tests;
