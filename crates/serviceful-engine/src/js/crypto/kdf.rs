//! Keys from secrets and from passwords.
use aws_lc_rs::{hkdf as lc, hmac};

use super::{
    Refusal,
    hash::Hash,
    job::{Job, Work},
    params::Params,
};

/// Most bytes that are derived at once: far more than any key, and less than what would be a stream cipher.
const DERIVED_BYTES_MAX: u32 = 64 << 10;
/// Most iterations of PBKDF2: five times what is advised for new passwords today.
const ITERATIONS_MAX: u32 = 10_000_000;
/// Iterations of one piece: 0.3 to 0.7 ms.
const ITERATIONS_AT_ONCE: u32 = 500;

struct Length(usize);

impl lc::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn length(given: &mut Params<'_>) -> Result<usize, Refusal> {
    match given.number()? {
        bytes if bytes <= DERIVED_BYTES_MAX => Ok(bytes as usize),
        _ => Err(Refusal::Operation("at most 64 KiB are derived at once")),
    }
}

/// `key, bytes, hash, salt, info`
pub(super) fn hkdf(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (key, bytes, hash) = (given.bytes()?.to_vec(), length(given)?, Hash::of(given.text()?)?);
    let (salt, info) = (given.bytes()?.to_vec(), given.bytes()?.to_vec());
    if bytes > 255 * hash.bytes() {
        return Err(Refusal::Operation("HKDF gives at most 255 times the hash's length"));
    }
    Ok(Job::whole(move |_, out| {
        out.resize(bytes, 0);
        let secret = lc::Salt::new(hash.hkdf(), &salt).extract(&key);
        if bytes > 0 {
            secret.expand(&[&info], Length(bytes))?.fill(out)?;
        }
        Ok(())
    }))
}

/// `password, bytes, hash, salt, iterations`
pub(super) fn pbkdf2(given: &mut Params<'_>) -> Result<Job, Refusal> {
    let (password, bytes, hash) = (given.bytes()?, length(given)?, Hash::of(given.text()?)?);
    let (salt, iterations) = (given.bytes()?.to_vec(), given.number()?);
    if iterations == 0 || iterations > ITERATIONS_MAX {
        return Err(Refusal::Operation("PBKDF2 takes 1 to 10,000,000 iterations"));
    }
    let key = hmac::Key::new(hash.hmac(), password);
    let job =
        Job::new(Pbkdf2 { key, salt, iterations, left: bytes, block: 0, done: 0, last: Vec::new(), sum: Vec::new() });
    Ok(if iterations > ITERATIONS_AT_ONCE || bytes > hash.bytes() { job.long() } else { job })
}

/// RFC 8018, section 5.2, over aws-lc's HMAC. Its own function takes less than half the time, but runs to the end in one call,
/// which nothing could stop; `tests.rs` holds the two against each other.
struct Pbkdf2 {
    key: hmac::Key,
    salt: Vec<u8>,
    iterations: u32,
    /// Bytes that are still to come.
    left: usize,
    /// Number of the present block, from 1.
    block: u32,
    /// Iterations of the present block; 0 before its first.
    done: u32,
    last: Vec<u8>,
    sum: Vec<u8>,
}

impl Work for Pbkdf2 {
    fn step(&mut self, _: &[u8], out: &mut Vec<u8>) -> Result<bool, Refusal> {
        if self.left == 0 {
            return Ok(true);
        }
        let mut now = ITERATIONS_AT_ONCE.min(self.iterations - self.done);
        if self.done == 0 {
            self.block += 1;
            let mut context = hmac::Context::with_key(&self.key);
            context.update(&self.salt);
            context.update(&self.block.to_be_bytes());
            self.last = context.sign().as_ref().to_vec();
            self.sum.clone_from(&self.last);
            (self.done, now) = (1, now - 1);
        }
        for _ in 0..now {
            let tag = hmac::sign(&self.key, &self.last);
            self.last.copy_from_slice(tag.as_ref());
            for (sum, byte) in self.sum.iter_mut().zip(&self.last) {
                *sum ^= byte;
            }
        }
        self.done += now;
        if self.done == self.iterations {
            let take = self.left.min(self.sum.len());
            out.extend_from_slice(self.sum.get(..take).unwrap_or_default());
            (self.left, self.done) = (self.left - take, 0);
        }
        Ok(self.left == 0)
    }
}
