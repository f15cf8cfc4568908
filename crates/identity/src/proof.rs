//! The proof that came with a token: its sender holds the key that the token is bound to (DPoP, RFC 9449).
//! Whoever saw a token alone has nothing; whoever saw a proof, too, has it for one request that was made already.
//! If this is wrong: a token that leaked is as good as it is to its owner.
use data_encoding::BASE64URL_NOPAD;
use http::{Method, Uri};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, ThumbprintHash},
};
use serde::Deserialize;
use types::{Digest, UnixMillis};

use crate::token;

/// How old a proof may be: the way here, and a sender's clock that is behind ours.
pub(crate) const SKEW_S: u64 = 60;
/// How far a sender's clock may be ahead of ours. Short, because after a restart proofs count only from then on that no process
/// before can have seen (see `judge`).
pub(crate) const AHEAD_S: u64 = 5;
/// An ES256 proof of a token has about 500 bytes.
const BYTES_MAX: usize = 2_048;
const JTI_BYTES_MAX: usize = 128;
const TYPE: &str = "dpop+jwt";

/// What is wrong with a proof. Its sender may know: all of it is of their own making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("there is none, or more than one")]
    Missing,
    #[error("it is not a signed JWT of type `dpop+jwt` with a public key of its own")]
    Malformed,
    #[error("its algorithm is not ES256")]
    Algorithm,
    #[error("its key is not a public key on P-256")]
    Key,
    #[error("it is not signed by its own key")]
    Signature,
    #[error("`htm` is not the method of the request")]
    Method,
    #[error("`htu` is not the address of the request")]
    Address,
    #[error("it is {0} seconds too old; set the clock of this computer")]
    Old(u64),
    #[error("it is {0} seconds ahead; set the clock of this computer")]
    Ahead(u64),
    #[error("it is over, or not valid yet")]
    Over,
    #[error("the platform has started since it was made, or just before; try again in some seconds")]
    BeforeStart,
    #[error("`jti` is missing or too long")]
    Id,
    #[error("`ath` is not the hash of the token")]
    Token,
    #[error("it is by another key than the token is bound to")]
    OtherKey,
    #[error("it was used before")]
    Replayed,
    #[error("there were too many within a minute")]
    TooMany,
}

/// What the proof has to be about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) method: &'a Method,
    /// Absolute; query and fragment do not count (RFC 9449 section 4.3).
    pub(crate) address: &'a Uri,
    /// SHA-256 of the token that it comes with.
    pub(crate) token: Option<&'a Digest>,
}

/// A proof that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The thumbprint of its key (RFC 7638).
    pub(crate) key: Digest,
    /// Which proof of that key it is.
    pub(crate) id: Digest,
    /// From then on it is too old.
    pub(crate) until: UnixMillis,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: u64,
    #[serde(default)]
    ath: Option<String>,
    #[serde(default)]
    exp: Option<u64>,
    #[serde(default)]
    nbf: Option<u64>,
}

/// The key with the members that the library does not keep.
#[derive(Deserialize)]
struct Raw {
    jwk: serde_json::Map<String, serde_json::Value>,
}

/// Members of a JWK that hold more than a public key (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// The key that the proof brings, and its thumbprint.
fn key(text: &str) -> Result<(DecodingKey, Digest), Flaw> {
    // SECURITY: the library knows no `none`, so that a proof without a signature has no header; and a proof whose algorithm is
    // not the one that is allowed ends here, before its key is made anything of (algorithm confusion).
    let header = decode_header(text).map_err(|_| Flaw::Malformed)?;
    if header.alg != Algorithm::ES256 {
        return Err(Flaw::Algorithm);
    }
    if header.typ.as_deref() != Some(TYPE) {
        return Err(Flaw::Malformed);
    }
    let raw = text.split('.').next().and_then(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok());
    let raw: Raw = raw.and_then(|raw| serde_json::from_slice(&raw).ok()).ok_or(Flaw::Malformed)?;
    // Nothing that a header calls critical is known here (RFC 7515 section 4.1.11).
    if header.crit.is_some() {
        return Err(Flaw::Malformed);
    }
    if PRIVATE.iter().any(|name| raw.jwk.contains_key(*name)) {
        return Err(Flaw::Key);
    }
    let jwk: Jwk = header.jwk.ok_or(Flaw::Key)?;
    match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(params) if params.curve == EllipticCurve::P256 => {}
        _ => return Err(Flaw::Key),
    }
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| Flaw::Key)?;
    let thumbprint = BASE64URL_NOPAD.decode(thumbprint.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    let key = DecodingKey::from_jwk(&jwk).map_err(|_| Flaw::Key)?;
    Ok((key, Digest::from_bytes(thumbprint.ok_or(Flaw::Key)?)))
}

fn claims(text: &str, key: &DecodingKey) -> Result<Claims, Flaw> {
    let mut validation = Validation::new(Algorithm::ES256);
    // Times are judged here, by the platform's clock.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let decoded = decode::<Claims>(text, key, &validation);
    Ok(decoded
        .map_err(|e| match e.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => Flaw::Signature,
            _ => Flaw::Malformed,
        })?
        .claims)
}

/// Judges a proof. `since_s`: of what was made in an earlier second, nobody here knows whether it was used.
pub(crate) fn judge(text: &str, about: About<'_>, now: UnixMillis, since_s: u64) -> Result<Proof, Flaw> {
    if text.len() > BYTES_MAX {
        return Err(Flaw::Malformed);
    }
    let (decoding, key) = key(text)?;
    let claims = claims(text, &decoding)?;
    if claims.htm != about.method.as_str() {
        return Err(Flaw::Method);
    }
    if !same_address(&claims.htu, about.address) {
        return Err(Flaw::Address);
    }
    let now_s = now.0 / 1_000;
    if now_s > claims.iat.saturating_add(SKEW_S) {
        return Err(Flaw::Old(now_s.saturating_sub(claims.iat)));
    }
    if claims.iat > now_s.saturating_add(AHEAD_S) {
        return Err(Flaw::Ahead(claims.iat.saturating_sub(now_s)));
    }
    if claims.exp.is_some_and(|exp| now_s >= exp) || claims.nbf.is_some_and(|nbf| nbf > now_s.saturating_add(AHEAD_S)) {
        return Err(Flaw::Over);
    }
    if claims.iat < since_s {
        return Err(Flaw::BeforeStart);
    }
    if claims.jti.is_empty() || claims.jti.len() > JTI_BYTES_MAX {
        return Err(Flaw::Id);
    }
    if let Some(token) = about.token
        && claims.ath.as_deref() != Some(&*BASE64URL_NOPAD.encode(token.as_bytes()))
    {
        return Err(Flaw::Token);
    }
    let until = UnixMillis(claims.iat.saturating_add(SKEW_S + 1).saturating_mul(1_000));
    Ok(Proof { key, id: token::hash(claims.jti.as_bytes()), until })
}

/// Scheme, host and port in any spelling (RFC 3986 section 6.2), the path exactly.
fn same_address(htu: &str, address: &Uri) -> bool {
    let Ok(said) = htu.parse::<Uri>() else { return false };
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        })
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    let plain = said.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    plain
        && said.scheme().is_some()
        && said.scheme() == address.scheme()
        && host(&said) == host(address)
        && port(&said) == port(address)
        && said.path() == address.path()
}

#[cfg(test)]
mod tests;
