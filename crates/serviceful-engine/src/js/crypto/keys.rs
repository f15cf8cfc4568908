//! Keys as bytes: made, read from the forms of the Web, and written in them.
//!
//! The prelude keeps what is made here without looking into it:
//! | key | bytes |
//! |---|---|
//! | secret, public of a curve | as they are; a point uncompressed |
//! | private of a curve | list of private and public |
//! | public of RSA | list of `n`, `e` |
//! | private of RSA | list of `n`, `e`, `d`, `p`, `q`, `dp`, `dq`, `qi` |
mod der;

use aws_lc_rs::{
    agreement::{self, PrivateKey, UnparsedPublicKey, X25519},
    encoding::{AsBigEndian, AsDer, Curve25519SeedBin, EcPrivateKeyBin, Pkcs8V1Der},
    rsa::{KeyPair, KeyPairComponents, PublicKeyComponents},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use data_encoding::BASE64URL_NOPAD;

use super::{Answer, Refusal, ec::Curve, job::Job, params::Params};
use crate::js::list::{Items, push};

/// RSA moduli, in bits. A private key of 8192 bits would sign for 50 ms that nothing can interrupt.
const RSA_BITS_MIN: usize = 2_048;
const RSA_PUBLIC_BITS_MAX: usize = 8_192;
const RSA_PRIVATE_BITS_MAX: usize = 4_096;
/// Longest form of a key.
const FORM_BYTES_MAX: usize = 16 << 10;

const UNUSABLE: Refusal = Refusal::Operation("the key is not usable");
const NOT_A_KEY: Refusal = Refusal::Data("the data is no key of this kind");
const NOT_ITS_PAIR: Refusal = Refusal::Data("private and public key do not belong together");
const NO_FORM: Refusal = Refusal::NotSupported("keys of this kind do not have this format");

/// What a key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Secret,
    Ec(Curve),
    Ed25519,
    X25519,
    Rsa,
}

impl Kind {
    fn of(name: &str) -> Result<Self, Refusal> {
        Ok(match name {
            "oct" => Self::Secret,
            "Ed25519" => Self::Ed25519,
            "X25519" => Self::X25519,
            "RSA" => Self::Rsa,
            curve => Self::Ec(Curve::of(curve)?),
        })
    }
}

/// Exactly so many parts.
pub(super) fn parts<const N: usize>(bytes: &[u8]) -> Result<[&[u8]; N], Refusal> {
    let mut items = Items(bytes);
    let mut parts: [&[u8]; N] = [&[]; N];
    for part in &mut parts {
        *part = items.next().ok_or(UNUSABLE)?;
    }
    if items.0.is_empty() { Ok(parts) } else { Err(UNUSABLE) }
}

fn list(items: &[&[u8]]) -> Vec<u8> {
    let mut list = Vec::new();
    for item in items {
        push(&mut list, item);
    }
    list
}

/// Private and public, as one list.
pub(super) fn generate(kind: &str) -> Result<Job, Refusal> {
    let kind = Kind::of(kind)?;
    if kind == Kind::Rsa {
        return Err(Refusal::NotSupported("RSA keys are not made here, which takes seconds; import one"));
    }
    Ok(Job::whole(move |_, out| {
        let (private, public) = match kind {
            Kind::Secret | Kind::Rsa => return Err(NO_FORM),
            Kind::Ec(curve) => scalar_and_public(kind, &PrivateKey::generate(curve.agreement())?)?,
            Kind::X25519 => scalar_and_public(kind, &PrivateKey::generate(&X25519)?)?,
            Kind::Ed25519 => {
                let pair = Ed25519KeyPair::generate()?;
                (pair.seed()?.as_be_bytes()?.as_ref().to_vec(), pair.public_key().as_ref().to_vec())
            }
        };
        *out = list(&[&list(&[&private, &public]), &public]);
        Ok(())
    })
    .with_chance())
}

fn scalar_and_public(kind: Kind, key: &PrivateKey) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let private = if kind == Kind::X25519 {
        AsBigEndian::<Curve25519SeedBin<'_>>::as_be_bytes(key)?.as_ref().to_vec()
    } else {
        AsBigEndian::<EcPrivateKeyBin<'_>>::as_be_bytes(key)?.as_ref().to_vec()
    };
    Ok((private, key.compute_public_key()?.as_ref().to_vec()))
}

/// `format`, for `jwk` then its fields. The key; of RSA then the bits of `n`, and `e`.
pub(super) fn import(kind: &str, given: &mut Params<'_>) -> Result<Job, Refusal> {
    let kind = Kind::of(kind)?;
    let format = given.text()?.to_owned();
    let mut fields = Vec::new();
    while let Ok(field) = given.bytes() {
        fields.push(BASE64URL_NOPAD.decode(field).map_err(|_| Refusal::Data("a field of the JWK is no base64url"))?);
    }
    let job = Job::whole(move |input, out| {
        if input.len() > FORM_BYTES_MAX {
            return Err(NOT_A_KEY);
        }
        let field = |at: usize| fields.get(at).map_or(&[][..], Vec::as_slice);
        *out = match (kind, format.as_str()) {
            (Kind::Secret, "jwk") => list(&[field(0)]),
            (Kind::Ec(curve), "raw") => list(&[point(curve, input)?]),
            (Kind::Ec(curve), "spki") => list(&[point(curve, der::ec_public(curve, input)?)?]),
            (Kind::Ec(curve), "pkcs8") => {
                let (private, public) = der::ec_private(curve, input)?;
                list(&[&ec_pair(curve, private, public)?])
            }
            (Kind::Ec(curve), "jwk") => {
                let (x, y) = (field(0), field(1));
                if x.len() != curve.bytes() || y.len() != curve.bytes() {
                    return Err(NOT_A_KEY);
                }
                let public = [&[4], x, y].concat();
                match field(2) {
                    [] => list(&[point(curve, &public)?]),
                    private => list(&[&ec_pair(curve, private, Some(&public))?]),
                }
            }
            (Kind::Ed25519 | Kind::X25519, "raw") => list(&[&octets(input)?]),
            (Kind::Ed25519 | Kind::X25519, "spki") => list(&[&octets(der::okp_public(kind, input)?)?]),
            (Kind::Ed25519 | Kind::X25519, "pkcs8") => list(&[&okp_pair(kind, der::okp_private(kind, input)?, None)?]),
            (Kind::Ed25519 | Kind::X25519, "jwk") => match field(1) {
                [] => list(&[&octets(field(0))?]),
                private => list(&[&okp_pair(kind, private, Some(field(0)))?]),
            },
            (Kind::Rsa, "spki") => {
                let [n, e] = der::rsa_public(input)?;
                rsa_public(n, e)?
            }
            (Kind::Rsa, "pkcs8") => rsa_private(&der::rsa_private(input)?)?,
            (Kind::Rsa, "jwk") => match field(2) {
                [] => rsa_public(field(0), field(1))?,
                _ => rsa_private(&std::array::from_fn(field))?,
            },
            _ => return Err(NO_FORM),
        };
        Ok(())
    });
    // aws-lc checks that the parts of a private key belong together.
    Ok(if kind == Kind::Rsa { job.long() } else { job })
}

/// A point that lies on the curve, uncompressed.
fn point(curve: Curve, bytes: &[u8]) -> Result<&[u8], Refusal> {
    if bytes.len() != 1 + 2 * curve.bytes() || bytes.first() != Some(&4) {
        return Err(NOT_A_KEY);
    }
    let unparsed = UnparsedPublicKey::new(curve.agreement(), bytes);
    agreement::ParsedPublicKey::try_from(unparsed).map_err(|_| NOT_A_KEY)?;
    Ok(bytes)
}

fn ec_pair(curve: Curve, private: &[u8], public: Option<&[u8]>) -> Result<Vec<u8>, Refusal> {
    let key = PrivateKey::from_private_key(curve.agreement(), private).map_err(|_| NOT_A_KEY)?;
    let found = key.compute_public_key()?;
    if public.is_some_and(|public| public != found.as_ref()) {
        return Err(NOT_ITS_PAIR);
    }
    Ok(list(&[private, found.as_ref()]))
}

fn octets(bytes: &[u8]) -> Result<[u8; 32], Refusal> {
    bytes.try_into().map_err(|_| NOT_A_KEY)
}

fn okp_pair(kind: Kind, private: &[u8], public: Option<&[u8]>) -> Result<Vec<u8>, Refusal> {
    let private = octets(private)?;
    let found = if kind == Kind::X25519 {
        let key = PrivateKey::from_private_key(&X25519, &private).map_err(|_| NOT_A_KEY)?;
        key.compute_public_key()?.as_ref().to_vec()
    } else {
        Ed25519KeyPair::from_seed_unchecked(&private).map_err(|_| NOT_A_KEY)?.public_key().as_ref().to_vec()
    };
    if public.is_some_and(|public| public != found) {
        return Err(NOT_ITS_PAIR);
    }
    Ok(list(&[&private, &found]))
}

fn bits(n: &[u8]) -> usize {
    n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize)
}

/// An odd exponent from 3, of at most 33 bits: what aws-lc takes, and the work of one verification.
fn rsa_described(key: Vec<u8>, n: &[u8], e: &[u8], bits_max: usize) -> Result<Vec<u8>, Refusal> {
    let size = bits(n);
    if size < RSA_BITS_MIN || size > bits_max || n.first() == Some(&0) {
        return Err(Refusal::NotSupported("RSA keys have 2048 to 8192 bits, private ones at most 4096"));
    }
    if bits(e) < 2 || bits(e) > 33 || e.first() == Some(&0) || e.last().is_none_or(|last| last % 2 == 0) {
        return Err(NOT_A_KEY);
    }
    Ok(list(&[&key, size.to_string().as_bytes(), e]))
}

fn rsa_public(n: &[u8], e: &[u8]) -> Result<Vec<u8>, Refusal> {
    rsa_described(list(&[n, e]), n, e, RSA_PUBLIC_BITS_MAX)
}

fn rsa_private(fields: &[&[u8]; 8]) -> Result<Vec<u8>, Refusal> {
    let [n, e, ..] = *fields;
    let key = list(fields);
    let described = rsa_described(key.clone(), n, e, RSA_PRIVATE_BITS_MAX)?;
    pair_of(&key).map_err(|_| NOT_A_KEY)?;
    Ok(described)
}

/// A private key of RSA, checked by aws-lc.
pub(super) fn pair_of(key: &[u8]) -> Result<KeyPair, Refusal> {
    let [n, e, d, p, q, dp, dq, qi] = parts(key)?;
    let components = KeyPairComponents { public_key: PublicKeyComponents { n, e }, d, p, q, dP: dp, dQ: dq, qInv: qi };
    KeyPair::from_components(&components).map_err(|_| UNUSABLE)
}

pub(super) fn pkcs8_of(pair: &KeyPair) -> Result<Vec<u8>, Refusal> {
    Ok(AsDer::<Pkcs8V1Der<'_>>::as_der(pair)?.as_ref().to_vec())
}

/// `format, type, key`: one form, or the fields of a JWK.
pub(super) fn export(kind: &str, given: &mut Params<'_>) -> Result<Job, Refusal> {
    let kind = Kind::of(kind)?;
    let (format, private) = (given.text()?.to_owned(), given.text()? == "private");
    let key = given.bytes()?.to_vec();
    Ok(Job::whole(move |_, out| {
        match format.as_str() {
            "raw" => push(out, &key),
            "jwk" => return fields(kind, private, &key, out),
            "spki" => push(out, &spki(kind, &key)?),
            "pkcs8" => push(out, &pkcs8(kind, &key)?),
            _ => return Err(NO_FORM),
        }
        Ok(())
    }))
}

/// In the order in which `import` takes them.
fn fields(kind: Kind, private: bool, key: &[u8], out: &mut Vec<u8>) -> Answer {
    let mut add = |field: &[u8]| push(out, BASE64URL_NOPAD.encode(field).as_bytes());
    match kind {
        Kind::Secret => add(key),
        Kind::Rsa => Items(key).for_each(add),
        Kind::Ec(_) | Kind::Ed25519 | Kind::X25519 => {
            let [secret, public] = if private { parts(key)? } else { [&[][..], key] };
            match kind {
                Kind::Ec(curve) => {
                    let (x, y) = public.get(1..).unwrap_or_default().split_at_checked(curve.bytes()).ok_or(UNUSABLE)?;
                    add(x);
                    add(y);
                }
                _ => add(public),
            }
            if private {
                add(secret);
            }
        }
    }
    Ok(())
}

fn spki(kind: Kind, key: &[u8]) -> Result<Vec<u8>, Refusal> {
    match kind {
        Kind::Secret => Err(NO_FORM),
        Kind::Rsa => {
            let [n, e] = parts(key)?;
            Ok(PublicKeyComponents { n, e }.as_der()?.as_ref().to_vec())
        }
        Kind::Ec(_) | Kind::Ed25519 | Kind::X25519 => der::public(kind, key),
    }
}

fn pkcs8(kind: Kind, key: &[u8]) -> Result<Vec<u8>, Refusal> {
    match kind {
        Kind::Secret => Err(NO_FORM),
        Kind::Rsa => pkcs8_of(&pair_of(key)?),
        Kind::Ec(curve) => {
            let [private, _] = parts(key)?;
            let key = PrivateKey::from_private_key(curve.agreement(), private).map_err(|_| UNUSABLE)?;
            Ok(AsDer::<Pkcs8V1Der<'_>>::as_der(&key)?.as_ref().to_vec())
        }
        Kind::Ed25519 | Kind::X25519 => {
            let [private, _] = parts(key)?;
            der::okp_pkcs8(kind, private)
        }
    }
}
