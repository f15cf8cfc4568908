//! Cryptography for functions written in JavaScript: what `crypto.subtle` and `node:crypto` ask of the host.
//! Guarantees: every primitive is aws-lc's; secrets are compared in constant time; a refusal says nothing that depends on a secret; no piece of work keeps a thread for long, and all of it is counted. (claim C2)
//! Does not: keep a key. The bytes of a key lie in the memory of the request that uses it, come in with each call and are dropped with it.
//! Called by: `work/js` for requests, `snapshot` for a module's top level. Calls: aws-lc-rs; crates of DER for the forms of keys.
//! If this is wrong: one app's functions compute wrong signatures or secrets. A key is a secret of the app whose request it is in: whoever reads that memory runs inside that request and may use the key anyway. docs/security/threats.md#engine
//!
//! `js/web/crypto.js` is the other side: it holds keys as opaque bytes, checks usages and names errors.
mod ec;
mod hash;
mod job;
mod kdf;
mod keys;
mod mac;
mod okp;
mod params;
mod rsa;
mod symmetric;
#[cfg(test)]
mod tests;

pub(crate) use job::{Job, PIECE_BYTES};
use params::Params;

/// Most bytes of parameters (keys, salts, labels, additional data) of one call.
const PARAMS_BYTES_MAX: usize = 1 << 20;
/// Most bytes that are worked on in one piece, where aws-lc offers no other way.
const WHOLE_BYTES_MAX: usize = 16 << 20;

const DIGEST: u32 = 0;
const SIGN: u32 = 1;
const VERIFY: u32 = 2;
const ENCRYPT: u32 = 3;
const DECRYPT: u32 = 4;
const DERIVE: u32 = 5;
const GENERATE: u32 = 6;
const IMPORT: u32 = 7;
const EXPORT: u32 = 8;

/// Why there is no answer. The texts are constants: they depend on what was asked, never on a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `OperationError`
    Operation(&'static str),
    /// `DataError`
    Data(&'static str),
    /// `NotSupportedError`
    NotSupported(&'static str),
    /// The CPU time is used up.
    Spent,
}

impl Refusal {
    /// As one number: its kind and the length of its text, which is written where the answer would be.
    pub(crate) fn word(self) -> (i64, &'static str) {
        let (kind, text) = match self {
            Self::Operation(text) => (1, text),
            Self::Data(text) => (2, text),
            Self::NotSupported(text) => (3, text),
            Self::Spent => (4, ""),
        };
        (-(kind << 16 | i64::try_from(text.len()).unwrap_or(0)), text)
    }
}

impl From<aws_lc_rs::error::Unspecified> for Refusal {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Operation("the operation failed")
    }
}

type Answer = Result<(), Refusal>;

/// What is to be done: `what` and the first parameter name it, `params` is a list, `input` bytes follow piece by piece.
pub(crate) fn begin(what: u32, params: &[u8], input: usize) -> Result<Job, Refusal> {
    if params.len() > PARAMS_BYTES_MAX {
        return Err(Refusal::Operation("keys, salts and additional data may have 1 MiB together"));
    }
    let mut given = Params::new(params);
    let job = match (what, given.text()?) {
        (DIGEST, name) => mac::digest(hash::Hash::of(name)?),
        (SIGN, "HMAC") => mac::sign(&mut given)?,
        (SIGN, "ECDSA") => ec::sign(&mut given)?,
        (SIGN, "Ed25519") => okp::sign(&mut given)?,
        (SIGN, name) => rsa::sign(name, &mut given)?,
        (VERIFY, "HMAC") => mac::verify(&mut given)?,
        (VERIFY, "ECDSA") => ec::verify(&mut given)?,
        (VERIFY, "Ed25519") => okp::verify(&mut given)?,
        (VERIFY, "equal") => mac::equal(&mut given)?,
        (VERIFY, name) => rsa::verify(name, &mut given)?,
        (ENCRYPT, "RSA-OAEP") => rsa::encrypt(&mut given)?,
        (ENCRYPT, name) => symmetric::encrypt(name, &mut given, input)?,
        (DECRYPT, "RSA-OAEP") => rsa::decrypt(&mut given)?,
        (DECRYPT, name) => symmetric::decrypt(name, &mut given, input)?,
        (DERIVE, "HKDF") => kdf::hkdf(&mut given)?,
        (DERIVE, "PBKDF2") => kdf::pbkdf2(&mut given)?,
        (DERIVE, "ECDH") => ec::agree(&mut given)?,
        (DERIVE, "X25519") => okp::agree(&mut given)?,
        (GENERATE, kind) => keys::generate(kind)?,
        (IMPORT, kind) => keys::import(kind, &mut given)?,
        (EXPORT, kind) => keys::export(kind, &mut given)?,
        _ => return Err(Refusal::NotSupported("there is no such operation")),
    };
    if job.is_whole() && input > WHOLE_BYTES_MAX {
        return Err(Refusal::Operation("this algorithm works on at most 16 MiB at once"));
    }
    Ok(job.weighed(params.len().saturating_add(input)))
}
