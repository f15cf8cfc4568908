//! AES in its modes.
use aws_lc_rs::{
    aead::{self, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{
        self, BufferUpdate, DecryptionContext, EncryptionContext, StreamingDecryptingKey, StreamingEncryptingKey,
        UnboundCipherKey,
    },
    error::Unspecified,
    key_wrap::{self, AesKek, KeyWrap as _},
};

use super::{
    Answer, Refusal,
    job::{Job, Pieces},
    params::Params,
};

const BLOCK: usize = 16;
/// Longest key that is wrapped.
const WRAPPED_BYTES_MAX: usize = 64 << 10;
const NO_KEY: Refusal = Refusal::Operation("an AES key has 128, 192 or 256 bits");

/// `key`, then what the mode takes.
pub(super) fn encrypt(name: &str, given: &mut Params<'_>, input: usize) -> Result<Job, Refusal> {
    let key = given.bytes()?;
    match name {
        "AES-GCM" => {
            let Gcm { key, nonce, more } = Gcm::of(key, given)?;
            Ok(Job::whole(move |input, out| {
                out.reserve_exact(input.len() + aead::MAX_TAG_LEN);
                out.extend_from_slice(input);
                Ok(key.seal_in_place_append_tag(nonce, Aad::from(more), out)?)
            }))
        }
        "AES-CTR" => counter(key, given, input),
        "AES-CBC" => {
            let iv = block(given)?;
            let key =
                StreamingEncryptingKey::less_safe_cbc_pkcs7(unbound(key)?, EncryptionContext::Iv128((&iv).into()))?;
            Ok(Job::new(Pieces::new(
                key,
                |key, piece, out| grown(out, piece.len() + BLOCK, |room| key.update(piece, room)),
                |key, out| grown(out, BLOCK, |room| key.finish(room).map(|(_, update)| update)),
            )))
        }
        "AES-KW" => {
            let key = wrapping(key)?;
            if input < BLOCK || !input.is_multiple_of(8) || input > WRAPPED_BYTES_MAX {
                return Err(Refusal::Operation("AES-KW wraps 16 bytes to 64 KiB, in steps of 8"));
            }
            Ok(Job::whole(move |input, out| {
                out.resize(input.len() + 8, 0);
                key.wrap(input, out)?;
                Ok(())
            }))
        }
        _ => Err(Refusal::NotSupported("there is no such cipher")),
    }
}

/// `key`, then what the mode takes.
pub(super) fn decrypt(name: &str, given: &mut Params<'_>, input: usize) -> Result<Job, Refusal> {
    let key = given.bytes()?;
    match name {
        "AES-GCM" => {
            let Gcm { key, nonce, more } = Gcm::of(key, given)?;
            Ok(Job::whole(move |input, out| {
                out.extend_from_slice(input);
                // INVARIANT: nothing of what was not authentic goes out.
                match key.open_in_place(nonce, Aad::from(more), out).map(|plain| plain.len()) {
                    Ok(length) => out.truncate(length),
                    Err(error) => {
                        out.clear();
                        return Err(error.into());
                    }
                }
                Ok(())
            }))
        }
        "AES-CTR" => counter(key, given, input),
        "AES-CBC" => {
            let iv = block(given)?;
            if input == 0 || !input.is_multiple_of(BLOCK) {
                return Err(Refusal::Operation("the operation failed"));
            }
            let key = StreamingDecryptingKey::cbc_pkcs7(unbound(key)?, DecryptionContext::Iv128((&iv).into()))?;
            Ok(Job::new(Pieces::new(
                key,
                |key, piece, out| grown(out, piece.len() + BLOCK, |room| key.update(piece, room)),
                |key, out| grown(out, BLOCK, |room| key.finish(room)),
            )))
        }
        "AES-KW" => {
            let key = wrapping(key)?;
            if input > WRAPPED_BYTES_MAX + 8 {
                return Err(Refusal::Operation("the operation failed"));
            }
            Ok(Job::whole(move |input, out| {
                out.resize(input.len(), 0);
                let length = key.unwrap(input, out)?.len();
                out.truncate(length);
                Ok(())
            }))
        }
        _ => Err(Refusal::NotSupported("there is no such cipher")),
    }
}

struct Gcm {
    key: LessSafeKey,
    nonce: Nonce,
    more: Vec<u8>,
}

impl Gcm {
    /// `iv, additional data`
    fn of(key: &[u8], given: &mut Params<'_>) -> Result<Self, Refusal> {
        let algorithm = match key.len() {
            16 => &aead::AES_128_GCM,
            24 => &aead::AES_192_GCM,
            32 => &aead::AES_256_GCM,
            _ => return Err(NO_KEY),
        };
        let nonce = Nonce::try_assume_unique_for_key(given.bytes()?)
            .map_err(|_| Refusal::NotSupported("AES-GCM takes an `iv` of 12 bytes"))?;
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key)?);
        Ok(Self { key, nonce, more: given.bytes()?.to_vec() })
    }
}

fn unbound(key: &[u8]) -> Result<UnboundCipherKey, Refusal> {
    let algorithm = match key.len() {
        16 => &cipher::AES_128,
        24 => &cipher::AES_192,
        32 => &cipher::AES_256,
        _ => return Err(NO_KEY),
    };
    Ok(UnboundCipherKey::new(algorithm, key)?)
}

fn wrapping(key: &[u8]) -> Result<AesKek, Refusal> {
    let cipher = match key.len() {
        16 => &key_wrap::AES_128,
        32 => &key_wrap::AES_256,
        24 => return Err(Refusal::NotSupported("AES-KW takes keys of 128 and 256 bits")),
        _ => return Err(NO_KEY),
    };
    Ok(AesKek::new(cipher, key)?)
}

fn block(given: &mut Params<'_>) -> Result<[u8; BLOCK], Refusal> {
    given.bytes()?.try_into().map_err(|_| Refusal::Operation("an initialization vector or counter has 16 bytes"))
}

/// Adds what `work` writes into so much room.
fn grown(
    out: &mut Vec<u8>,
    room: usize,
    work: impl for<'a> FnOnce(&'a mut [u8]) -> Result<BufferUpdate<'a>, Unspecified>,
) -> Answer {
    let before = out.len();
    out.resize(before + room, 0);
    let written = work(out.get_mut(before..).unwrap_or_default())?.written().len();
    out.truncate(before + written);
    Ok(())
}

/// `counter, length`: of the counter's 16 bytes, the last `length` bits count and wrap round; the rest stays.
fn counter(key: &[u8], given: &mut Params<'_>, input: usize) -> Result<Job, Refusal> {
    let (first, length) = (u128::from_be_bytes(block(given)?), given.number()?);
    let counting = match length {
        128 => u128::MAX,
        1..128 => (1 << length) - 1,
        _ => return Err(Refusal::Operation("AES-CTR counts with 1 to 128 bits")),
    };
    let blocks = input.div_ceil(BLOCK) as u128;
    // SECURITY: a counter that came round to where it began would encrypt two blocks with the same stream.
    if blocks.saturating_sub(1) > counting {
        return Err(Refusal::Operation("the input is longer than the counter can count"));
    }
    let begin = |counter: u128| {
        let context = EncryptionContext::Iv128((&counter.to_be_bytes()).into());
        Ok::<_, Refusal>(StreamingEncryptingKey::less_safe_ctr(unbound(key)?, context)?)
    };
    // aws-lc counts with all of the bits; where fewer wrap, a second stream begins.
    let before_wrap = (counting - (first & counting)).saturating_add(1);
    let state = Counter {
        now: begin(first)?,
        left: usize::try_from(before_wrap.saturating_mul(BLOCK as u128)).unwrap_or(usize::MAX),
        next: if before_wrap < blocks { Some(begin(first & !counting)?) } else { None },
    };
    Ok(Job::new(Pieces::new(state, Counter::update, |_, _| Ok(()))))
}

struct Counter {
    now: StreamingEncryptingKey,
    /// Bytes until the counter wraps round.
    left: usize,
    next: Option<StreamingEncryptingKey>,
}

impl Counter {
    fn update(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Answer {
        let (before, after) = piece.split_at(self.left.min(piece.len()));
        grown(out, before.len() + BLOCK, |room| self.now.update(before, room))?;
        self.left -= before.len();
        if let Some(next) = self.next.take_if(|_| !after.is_empty()) {
            self.now = next;
            self.left = usize::MAX;
            grown(out, after.len() + BLOCK, |room| self.now.update(after, room))?;
        }
        Ok(())
    }
}
