//! The one place a token may come from: exactly one `Authorization` field, `Bearer` (RFC 6750 section 2.1) or `DPoP` (RFC 9449
//! section 7.1).
//! The form field and the query parameter of sections 2.2 and 2.3 are not read: they end up in logs and histories.
use http::{HeaderMap, header::AUTHORIZATION};

use crate::{
    reason::{Malformed, Reason},
    signed, token,
};

/// Longer than every scheme's name.
const SCHEME_MAX: usize = 32;

/// How a token was brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Alone: whoever holds it is its owner.
    Bearer,
    /// With a proof that its sender holds a key.
    Proof,
}

/// The token in the request, checked for shape; `None` when there is no `Authorization` at all.
///
/// Stricter than the RFC in one point: exactly one space. What two parsers could read differently is refused.
pub(crate) fn token(headers: &HeaderMap) -> Result<Option<(Scheme, &[u8])>, Reason> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(Reason::SeveralFields);
    }
    let field = field.as_bytes();
    let (scheme, rest) = split_scheme(field);
    // The scheme's name is case-insensitive (RFC 9110 section 11.1).
    let scheme = match scheme {
        bearer if bearer.eq_ignore_ascii_case(b"bearer") => Scheme::Bearer,
        proof if proof.eq_ignore_ascii_case(b"dpop") => Scheme::Proof,
        [] => return Err(Reason::Syntax),
        _ => return Err(Reason::Scheme),
    };
    let token = rest.strip_prefix(b" ").ok_or(Reason::Syntax)?;
    // Far too long is known without looking: kilobytes of garbage cost as little as a few bytes of it.
    if token.len() > signed::BYTES_MAX {
        return Err(Reason::Malformed(Malformed::Length));
    }
    if !is_b64token(token) {
        return Err(Reason::Syntax);
    }
    if is_signed(token) {
        return if signed::has_shape(token) {
            Ok(Some((scheme, token)))
        } else {
            Err(Reason::Malformed(Malformed::Parts))
        };
    }
    token::check(token).map_err(Reason::Malformed)?;
    Ok(Some((scheme, token)))
}

/// Whether it is one that says itself what it is. The others have no dot.
pub(crate) fn is_signed(token: &[u8]) -> bool {
    token.contains(&b'.')
}

/// The proof beside it; `None` when there is none, more than one, or no text.
pub(crate) fn proof(headers: &HeaderMap) -> Option<&str> {
    let mut fields = headers.get_all("dpop").iter();
    let first = fields.next()?.to_str().ok()?;
    fields.next().is_none().then_some(first)
}

/// The letters and digits that a field begins with, as far as any scheme is long, and the rest.
fn split_scheme(field: &[u8]) -> (&[u8], &[u8]) {
    let letters = field.iter().take(SCHEME_MAX).take_while(|b| b.is_ascii_alphanumeric()).count();
    field.split_at_checked(letters).unwrap_or((field, &[]))
}

/// A table, because it is asked for each byte of each token of each request.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, clippy::indexing_slicing, reason = "a byte, at compile time")]
        {
            let b = byte as u8;
            table[byte] = b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        }
        byte += 1;
    }
    table
};

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_b64token(text: &[u8]) -> bool {
    let word = |b: &u8| WORD.get(usize::from(*b)).copied().unwrap_or_default();
    let end = text.iter().position(|b| !word(b)).unwrap_or(text.len());
    end > 0 && text.iter().skip(end).all(|b| *b == b'=')
}

#[cfg(test)]
mod tests;
