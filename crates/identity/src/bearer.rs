//! The one place a token may come from: exactly one `Authorization: Bearer` field (RFC 6750 section 2.1).
//! The form field and the query parameter of sections 2.2 and 2.3 are not read: they end up in logs and histories.
use http::{HeaderMap, header::AUTHORIZATION};

use crate::{reason::Reason, token};

/// The token in the request, checked for shape; `None` when there is no `Authorization` at all.
///
/// Stricter than the RFC in one point: exactly one space. What two parsers could read differently is refused.
pub(crate) fn token(headers: &HeaderMap) -> Result<Option<&[u8]>, Reason> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(Reason::SeveralFields);
    }
    let field = field.as_bytes();
    let end = field.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(field.len());
    let (scheme, rest) = field.split_at_checked(end).unwrap_or((field, &[]));
    if scheme.is_empty() {
        return Err(Reason::Syntax);
    }
    // The scheme's name is case-insensitive (RFC 9110 section 11.1).
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(Reason::Scheme);
    }
    let token = rest.strip_prefix(b" ").ok_or(Reason::Syntax)?;
    if !is_b64token(token) {
        return Err(Reason::Syntax);
    }
    token::check(token).map_err(Reason::Malformed)?;
    Ok(Some(token))
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
fn is_b64token(text: &[u8]) -> bool {
    let word = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/".contains(b);
    let end = text.iter().position(|b| !word(b)).unwrap_or(text.len());
    end > 0 && text.iter().skip(end).all(|b| *b == b'=')
}

#[cfg(test)]
mod tests;
