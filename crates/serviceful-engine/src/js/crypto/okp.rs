//! Ed25519 and X25519.
use aws_lc_rs::{
    agreement::X25519,
    signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey},
};

use super::{Refusal, ec, job::Job, keys::parts, params::Params};

/// `key`
pub(super) fn sign(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let key = given.bytes()?.to_vec();
    Ok(Job::whole(move |input, out| {
        let [seed, _] = parts(&key)?;
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Refusal::Operation("the key is not usable"))?;
        out.extend_from_slice(pair.try_sign(input)?.as_ref());
        Ok(())
    }))
}

/// `signature, key`
pub(super) fn verify(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (claimed, key) = (given.bytes()?.to_vec(), given.bytes()?.to_vec());
    Ok(Job::whole(move |input, out| {
        out.push(u8::from(UnparsedPublicKey::new(&ED25519, key).verify(input, &claimed).is_ok()));
        Ok(())
    }))
}

/// `key, peer's key, bits`
pub(super) fn agree(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (key, peer, bits) = (given.bytes()?, given.bytes()?, given.number()?);
    ec::agreed(&X25519, key, peer, bits)
}
