//! The forms in DER: `SubjectPublicKeyInfo` (RFC 5280) and `PrivateKeyInfo` (RFC 5208) around keys of curves (RFC 5480, 5915,
//! 8410) and of RSA (RFC 8017). Strict: what follows the end, or names another algorithm, is refused.
use pkcs1::{RsaPrivateKey, RsaPublicKey};
use pkcs8::{
    AlgorithmIdentifierRef, ObjectIdentifier, PrivateKeyInfo, SubjectPublicKeyInfoRef,
    der::{
        Decode as _, Encode as _,
        asn1::{AnyRef, BitStringRef, OctetStringRef},
    },
};
use sec1::EcPrivateKey;

use super::{Curve, Kind, NO_FORM, NOT_A_KEY, Refusal};

const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

const fn curve_id(curve: Curve) -> ObjectIdentifier {
    match curve {
        Curve::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
        Curve::P384 => ObjectIdentifier::new_unwrap("1.3.132.0.34"),
        Curve::P521 => ObjectIdentifier::new_unwrap("1.3.132.0.35"),
    }
}

fn spki(input: &[u8]) -> Result<(AlgorithmIdentifierRef<'_>, &[u8]), Refusal> {
    let info = SubjectPublicKeyInfoRef::from_der(input).map_err(|_| NOT_A_KEY)?;
    Ok((info.algorithm, info.subject_public_key.as_bytes().ok_or(NOT_A_KEY)?))
}

fn pkcs8(input: &[u8]) -> Result<PrivateKeyInfo<'_>, Refusal> {
    PrivateKeyInfo::from_der(input).map_err(|_| NOT_A_KEY)
}

fn is_curve(algorithm: AlgorithmIdentifierRef<'_>, curve: Curve) -> Result<(), Refusal> {
    algorithm.assert_oids(EC, curve_id(curve)).map_err(|_| NOT_A_KEY)
}

fn is_okp(algorithm: AlgorithmIdentifierRef<'_>, kind: Kind) -> Result<(), Refusal> {
    let fits = algorithm.oid == okp_id(kind)? && algorithm.parameters.is_none();
    if fits { Ok(()) } else { Err(NOT_A_KEY) }
}

fn is_rsa(algorithm: AlgorithmIdentifierRef<'_>) -> Result<(), Refusal> {
    let fits = algorithm.oid == RSA && algorithm.parameters.is_none_or(AnyRef::is_null);
    if fits { Ok(()) } else { Err(NOT_A_KEY) }
}

const fn okp_id(kind: Kind) -> Result<ObjectIdentifier, Refusal> {
    match kind {
        Kind::Ed25519 => Ok(ED25519),
        Kind::X25519 => Ok(X25519),
        _ => Err(NO_FORM),
    }
}

pub(super) fn ec_public(curve: Curve, input: &[u8]) -> Result<&[u8], Refusal> {
    let (algorithm, key) = spki(input)?;
    is_curve(algorithm, curve)?;
    Ok(key)
}

pub(super) fn ec_private(curve: Curve, input: &[u8]) -> Result<(&[u8], Option<&[u8]>), Refusal> {
    let info = pkcs8(input)?;
    is_curve(info.algorithm, curve)?;
    let key = EcPrivateKey::from_der(info.private_key).map_err(|_| NOT_A_KEY)?;
    let named = key.parameters.and_then(|parameters| parameters.named_curve());
    if named.is_some_and(|named| named != curve_id(curve)) {
        return Err(NOT_A_KEY);
    }
    Ok((key.private_key, key.public_key))
}

pub(super) fn okp_public(kind: Kind, input: &[u8]) -> Result<&[u8], Refusal> {
    let (algorithm, key) = spki(input)?;
    is_okp(algorithm, kind)?;
    Ok(key)
}

pub(super) fn okp_private(kind: Kind, input: &[u8]) -> Result<&[u8], Refusal> {
    let info = pkcs8(input)?;
    is_okp(info.algorithm, kind)?;
    Ok(OctetStringRef::from_der(info.private_key).map_err(|_| NOT_A_KEY)?.as_bytes())
}

pub(super) fn rsa_public(input: &[u8]) -> Result<[&[u8]; 2], Refusal> {
    let (algorithm, key) = spki(input)?;
    is_rsa(algorithm)?;
    let key = RsaPublicKey::from_der(key).map_err(|_| NOT_A_KEY)?;
    Ok([key.modulus.as_bytes(), key.public_exponent.as_bytes()])
}

pub(super) fn rsa_private(input: &[u8]) -> Result<[&[u8]; 8], Refusal> {
    let info = pkcs8(input)?;
    is_rsa(info.algorithm)?;
    let key = RsaPrivateKey::from_der(info.private_key).map_err(|_| NOT_A_KEY)?;
    if key.other_prime_infos.is_some() {
        return Err(Refusal::NotSupported("RSA keys have two primes"));
    }
    let parts = [
        key.modulus,
        key.public_exponent,
        key.private_exponent,
        key.prime1,
        key.prime2,
        key.exponent1,
        key.exponent2,
        key.coefficient,
    ];
    Ok(parts.map(|part| part.as_bytes()))
}

/// The public key of a curve.
pub(super) fn public(kind: Kind, key: &[u8]) -> Result<Vec<u8>, Refusal> {
    let curve = if let Kind::Ec(curve) = kind { Some(curve_id(curve)) } else { None };
    let oid = if curve.is_some() { EC } else { okp_id(kind)? };
    let algorithm = AlgorithmIdentifierRef { oid, parameters: curve.as_ref().map(AnyRef::from) };
    let subject_public_key = BitStringRef::from_bytes(key).map_err(|_| NOT_A_KEY)?;
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_der().map_err(|_| NOT_A_KEY)
}

pub(super) fn okp_pkcs8(kind: Kind, private: &[u8]) -> Result<Vec<u8>, Refusal> {
    let algorithm = AlgorithmIdentifierRef { oid: okp_id(kind)?, parameters: None };
    let key = OctetStringRef::new(private).and_then(|octets| octets.to_der()).map_err(|_| NOT_A_KEY)?;
    PrivateKeyInfo::new(algorithm, &key).to_der().map_err(|_| NOT_A_KEY)
}
