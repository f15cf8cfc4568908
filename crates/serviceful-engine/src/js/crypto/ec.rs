//! ECDSA and ECDH over P-256, P-384 and P-521.
use aws_lc_rs::{
    agreement::{self, PrivateKey, UnparsedPublicKey},
    digest::{self, Digest},
    signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, ParsedPublicKey},
};

use super::{Refusal, hash::Hash, job::Job, keys::parts, mac, params::Params};

const UNUSABLE: Refusal = Refusal::Operation("the key is not usable");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    pub(super) fn of(name: &str) -> Result<Self, Refusal> {
        Ok(match name {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            _ => return Err(Refusal::NotSupported("there are the curves P-256, P-384 and P-521")),
        })
    }

    /// Length of a coordinate and of a private key.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    pub(super) const fn agreement(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
            Self::P521 => &agreement::ECDH_P521,
        }
    }

    const fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            Self::P384 => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            Self::P521 => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        }
    }

    const fn verification(self) -> &'static EcdsaVerificationAlgorithm {
        match self {
            Self::P256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::P384 => &signature::ECDSA_P384_SHA384_FIXED,
            Self::P521 => &signature::ECDSA_P521_SHA512_FIXED,
        }
    }

    const fn own_digest(self) -> &'static digest::Algorithm {
        match self {
            Self::P256 => &digest::SHA256,
            Self::P384 => &digest::SHA384,
            Self::P521 => &digest::SHA512,
        }
    }

    /// What is signed is a number: the leftmost bits of the hash, as many as the curve's order has (FIPS 186-5, 6.4.1). aws-lc
    /// takes one hash function a curve, but any number of that length: another function's hash is cut, or gets zeros in front,
    /// which is the same number.
    fn number(self, hash: &Digest) -> Result<Digest, Refusal> {
        let mut number = [0; 64];
        let number = number.get_mut(..self.own_digest().output_len()).unwrap_or_default();
        let hash = hash.as_ref();
        match number.len().checked_sub(hash.len()) {
            Some(zeros) => number.get_mut(zeros..).unwrap_or_default().copy_from_slice(hash),
            None => number.copy_from_slice(hash.get(..number.len()).unwrap_or_default()),
        }
        Ok(Digest::import_less_safe(number, self.own_digest())?)
    }
}

/// `key, curve, hash`
pub(super) fn sign(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (key, curve, hash) = (given.bytes()?.to_vec(), Curve::of(given.text()?)?, Hash::of(given.text()?)?);
    let job = mac::hashed(hash, move |digest, out| {
        let [private, public] = parts(&key)?;
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(curve.signing(), private, public).map_err(|_| UNUSABLE)?;
        out.extend_from_slice(pair.sign_digest(&curve.number(digest)?)?.as_ref());
        Ok(())
    });
    Ok(job.with_chance())
}

/// `signature, key, curve, hash`
pub(super) fn verify(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (claimed, key) = (given.bytes()?.to_vec(), given.bytes()?.to_vec());
    let (curve, hash) = (Curve::of(given.text()?)?, Hash::of(given.text()?)?);
    Ok(mac::hashed(hash, move |digest, out| {
        let key = ParsedPublicKey::new(curve.verification(), key).map_err(|_| UNUSABLE)?;
        out.push(u8::from(key.verify_digest_sig(&curve.number(digest)?, &claimed).is_ok()));
        Ok(())
    }))
}

/// `key, peer's key, bits, curve`
pub(super) fn agree(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (key, peer, bits) = (given.bytes()?, given.bytes()?, given.number()?);
    agreed(Curve::of(given.text()?)?.agreement(), key, peer, bits)
}

/// The first `bits` of the secret; all of them if it is 0.
pub(super) fn agreed(
    algorithm: &'static agreement::Algorithm,
    key: &[u8],
    peer: &[u8],
    bits: u32,
) -> Result<Job, Refusal> {
    let (key, peer) = (key.to_vec(), UnparsedPublicKey::new(algorithm, peer.to_vec()));
    let failed = Refusal::Operation("the keys do not agree on a secret");
    Ok(Job::whole(move |_, out| {
        let [private, _] = parts(&key)?;
        let key = PrivateKey::from_private_key(algorithm, private).map_err(|_| UNUSABLE)?;
        agreement::agree(&key, &peer, failed, |secret| {
            let bytes = if bits == 0 { secret.len() } else { bits.div_ceil(8) as usize };
            let secret = secret.get(..bytes).ok_or(Refusal::Operation("the secret has fewer bits"))?;
            out.extend_from_slice(secret);
            if let Some(last) = out.last_mut() {
                // Of the last byte, the bits that count are the upper ones.
                *last &= 0xff_u8 << ((8 - bits % 8) % 8);
            }
            Ok(())
        })
    }))
}
