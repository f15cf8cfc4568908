//! Digests and HMAC.
use aws_lc_rs::{constant_time, digest, hmac};

use super::{
    Answer, Refusal,
    hash::Hash,
    job::{Job, Pieces},
    params::Params,
};

/// Hashes the input, and goes on with the hash.
pub(super) fn hashed(hash: Hash, finish: impl FnOnce(&digest::Digest, &mut Vec<u8>) -> Answer + Send + 'static) -> Job {
    Job::new(Pieces::new(
        digest::Context::new(hash.digest()),
        |context, piece, _| {
            context.update(piece);
            Ok(())
        },
        move |context, out| finish(&context.finish(), out),
    ))
}

pub(super) fn digest(hash: Hash) -> Job {
    hashed(hash, |digest, out| {
        out.extend_from_slice(digest.as_ref());
        Ok(())
    })
}

fn tagged(given: &mut Params<'_>, finish: impl FnOnce(&[u8], &mut Vec<u8>) + Send + 'static) -> Result<Job, Refusal> {
    let key = given.bytes()?;
    let key = hmac::Key::new(Hash::of(given.text()?)?.hmac(), key);
    Ok(Job::new(Pieces::new(
        hmac::Context::with_key(&key),
        |context, piece, _| {
            context.update(piece);
            Ok(())
        },
        |context, out| {
            finish(context.sign().as_ref(), out);
            Ok(())
        },
    )))
}

/// `key, hash`
pub(super) fn sign(given: &mut Params<'_>) -> Result<Job, Refusal> {
    tagged(given, |tag, out| out.extend_from_slice(tag))
}

/// `signature, key, hash`
pub(super) fn verify(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let claimed = given.bytes()?.to_vec();
    // SECURITY: a comparison that ends at the first difference would let a caller guess the tag byte by byte.
    tagged(given, move |tag, out| out.push(u8::from(constant_time::verify_slices_are_equal(&claimed, tag).is_ok())))
}

/// `bytes`: whether the input is the same, in a time that depends on its length alone
pub(super) fn equal(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let other = given.bytes()?.to_vec();
    Ok(Job::whole(move |input, out| {
        out.push(u8::from(constant_time::verify_slices_are_equal(input, &other).is_ok()));
        Ok(())
    }))
}
