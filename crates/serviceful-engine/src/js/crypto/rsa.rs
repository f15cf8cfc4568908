//! RSA: signatures by PKCS #1 v1.5 and PSS, encryption by OAEP.
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
        OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
        PublicKeyComponents,
    },
    signature::{self, RsaEncoding, RsaParameters, RsaPssSaltLength, RsaSignatureEncoding},
};

use super::{
    Refusal,
    hash::Hash,
    job::Job,
    keys::{pair_of, parts, pkcs8_of},
    params::Params,
};

const UNUSABLE: Refusal = Refusal::Operation("the key is not usable");
const PKCS1_NO_SHA1: Refusal = Refusal::NotSupported("RSASSA-PKCS1-v1_5 with SHA-1 verifies, but does not sign");
const PSS_NO_SHA1: Refusal = Refusal::NotSupported("RSA-PSS goes with SHA-256, SHA-384 and SHA-512");

/// `key, hash`; for PSS then the salt's length
pub(super) fn sign(name: &str, given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (key, hash) = (given.bytes()?.to_vec(), Hash::of(given.text()?)?);
    let encoding: &'static dyn RsaEncoding = match (name, hash) {
        ("RSASSA-PKCS1-v1_5", Hash::Sha1) => return Err(PKCS1_NO_SHA1),
        ("RSASSA-PKCS1-v1_5", Hash::Sha256) => &signature::RSA_PKCS1_SHA256,
        ("RSASSA-PKCS1-v1_5", Hash::Sha384) => &signature::RSA_PKCS1_SHA384,
        ("RSASSA-PKCS1-v1_5", Hash::Sha512) => &signature::RSA_PKCS1_SHA512,
        ("RSA-PSS", hash) => salted(hash, given.number()?)?,
        _ => return Err(Refusal::NotSupported("there is no such signature")),
    };
    Ok(Job::whole(move |input, out| {
        let pair = pair_of(&key)?;
        out.resize(pair.public_modulus_len(), 0);
        Ok(pair.sign(encoding, &SystemRandom::new(), input, out)?)
    })
    .with_chance())
}

/// aws-lc-rs wants these to be constants.
fn salted(hash: Hash, salt: u32) -> Result<&'static dyn RsaEncoding, Refusal> {
    const NONE: RsaPssSaltLength = RsaPssSaltLength::Custom(0);
    const SHA256: RsaSignatureEncoding = signature::RSA_PSS_SHA256.with_pss_salt_length(NONE);
    const SHA384: RsaSignatureEncoding = signature::RSA_PSS_SHA384.with_pss_salt_length(NONE);
    const SHA512: RsaSignatureEncoding = signature::RSA_PSS_SHA512.with_pss_salt_length(NONE);
    Ok(match (hash, salt) {
        (Hash::Sha1, _) => return Err(PSS_NO_SHA1),
        (Hash::Sha256, 32) => &signature::RSA_PSS_SHA256,
        (Hash::Sha384, 48) => &signature::RSA_PSS_SHA384,
        (Hash::Sha512, 64) => &signature::RSA_PSS_SHA512,
        (Hash::Sha256, 0) => &SHA256,
        (Hash::Sha384, 0) => &SHA384,
        (Hash::Sha512, 0) => &SHA512,
        _ => return Err(Refusal::NotSupported("RSA-PSS signs with a salt as long as the hash, or with none")),
    })
}

/// `signature, key, hash`; for PSS then the salt's length
pub(super) fn verify(name: &str, given: &mut Params<'_>) -> Result<Job, Refusal> {
    let claimed = given.bytes()?.to_vec();
    let [n, e] = parts(given.bytes()?)?;
    let hash = Hash::of(given.text()?)?;
    let parameters = match (name, hash) {
        ("RSASSA-PKCS1-v1_5", hash) => pkcs1(hash),
        ("RSA-PSS", hash) => pss(hash, given.number()?)?,
        _ => return Err(Refusal::NotSupported("there is no such signature")),
    };
    let key = PublicKeyComponents { n: n.to_vec(), e: e.to_vec() };
    Ok(Job::whole(move |input, out| {
        out.push(u8::from(key.verify(&parameters, input, &claimed).is_ok()));
        Ok(())
    }))
}

const fn pkcs1(hash: Hash) -> RsaParameters {
    match hash {
        Hash::Sha1 => signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => signature::RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => signature::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => signature::RSA_PKCS1_2048_8192_SHA512,
    }
}

fn pss(hash: Hash, salt: u32) -> Result<RsaParameters, Refusal> {
    let salt = u16::try_from(salt).map_err(|_| Refusal::Operation("no key has room for such a salt"))?;
    let like = match hash {
        Hash::Sha1 => return Err(PSS_NO_SHA1),
        Hash::Sha256 => signature::RSA_PSS_2048_8192_SHA256,
        Hash::Sha384 => signature::RSA_PSS_2048_8192_SHA384,
        Hash::Sha512 => signature::RSA_PSS_2048_8192_SHA512,
    };
    Ok(like.with_pss_salt_length(RsaPssSaltLength::Custom(salt)))
}

const fn oaep(hash: Hash) -> &'static OaepAlgorithm {
    match hash {
        Hash::Sha1 => &OAEP_SHA1_MGF1SHA1,
        Hash::Sha256 => &OAEP_SHA256_MGF1SHA256,
        Hash::Sha384 => &OAEP_SHA384_MGF1SHA384,
        Hash::Sha512 => &OAEP_SHA512_MGF1SHA512,
    }
}

/// `key, hash, label`
pub(super) fn encrypt(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let [n, e] = parts(given.bytes()?)?;
    let (algorithm, label) = (oaep(Hash::of(given.text()?)?), label(given)?);
    let key: PublicEncryptingKey = PublicKeyComponents { n, e }.try_into()?;
    let key = OaepPublicEncryptingKey::new(key)?;
    Ok(Job::whole(move |input, out| {
        if input.len() > key.max_plaintext_size(algorithm) {
            return Err(Refusal::Operation("the input is too long for this key"));
        }
        out.resize(key.ciphertext_size(), 0);
        let length = key.encrypt(algorithm, input, out, label.as_deref())?.len();
        out.truncate(length);
        Ok(())
    })
    .with_chance())
}

/// `key, hash, label`
pub(super) fn decrypt(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (key, algorithm, label) = (given.bytes()?.to_vec(), oaep(Hash::of(given.text()?)?), label(given)?);
    Ok(Job::whole(move |input, out| {
        let key = PrivateDecryptingKey::from_pkcs8(&pkcs8_of(&pair_of(&key)?)?).map_err(|_| UNUSABLE)?;
        let key = OaepPrivateDecryptingKey::new(key)?;
        out.resize(key.min_output_size(), 0);
        let length = key.decrypt(algorithm, input, out, label.as_deref())?.len();
        out.truncate(length);
        Ok(())
    })
    .with_chance())
}

fn label(given: &mut Params<'_>) -> Result<Option<Vec<u8>>, Refusal> {
    let label = given.bytes()?;
    Ok((!label.is_empty()).then(|| label.to_vec()))
}
