//! Keys of access tokens: made, published, used, retired and dropped in time; and the tokens that they sign.
//! Guarantees: a token is short, bound to a key and for one place, whoever asks for it; what leaves is the public half.
//! Does not: know who somebody is, or decide what a token opens.
//! If this is wrong: a front that was taken over leaves tokens behind that count for ever. docs/security/threats.md#keeper
mod key;
mod ring;
mod statement;

pub(crate) use ring::{AHEAD_S, Step, Tokens};
pub(crate) use statement::flaw;

#[cfg(test)]
mod tests;
