//! Header fields and trailers of an answer: what a worker may say in them, and nothing else.
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use types::RunLimits;
use wire::work::{Failure, Fields};

use crate::error::RunError;

/// Most fields of one head. The HTTP library stops at some 24,000.
const FIELDS_MAX: usize = 1_000;
/// What a field costs beyond its name and value (RFC 9113 section 6.5.2). The worker counts the same
/// (`FIELD_BYTES` in `serviceful-engine/src/work/fields.rs`), so that an honest one never passes the limit here.
const FIELD_BYTES: usize = 32;
/// Fields that belong to one hop: the door writes its own (RFC 9110 section 7.6.1).
const HOP: [&str; 6] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"];

pub(crate) fn bad(reason: &str) -> RunError {
    RunError::Guest(Failure::BadResponse { reason: reason.to_owned() })
}

pub(crate) fn over(limit: &str, reason: String) -> RunError {
    RunError::Guest(Failure::Limit { limit: limit.to_owned(), reason })
}

/// The fields as a map, without those that are the platform's.
pub(crate) fn checked(fields: Fields, limits: &RunLimits) -> Result<HeaderMap, RunError> {
    let count = fields.0.len();
    if count > FIELDS_MAX {
        return Err(over("header_bytes", format!("{count} header fields; at most {FIELDS_MAX} are taken")));
    }
    let bytes: usize = fields.0.iter().map(|(name, value)| name.len() + value.len() + FIELD_BYTES).sum();
    if bytes as u64 > limits.header_bytes {
        return Err(over("header_bytes", format!("{bytes} bytes of header fields, {FIELD_BYTES} of them for each")));
    }
    let many = |_| bad("there are too many header fields");
    let mut map = HeaderMap::try_with_capacity(count).map_err(many)?;
    for (name, value) in fields.0 {
        // Parsed first: a name is compared as it will be sent, whatever case a worker wrote it in.
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("a header name is not a token"))?;
        let value = HeaderValue::from_maybe_shared(Bytes::from(value))
            .map_err(|_| bad("a header value holds a control character"))?;
        if let Some(value) = allowed(&name, value) {
            map.try_append(name, value).map_err(many)?;
        }
    }
    Ok(map)
}

/// SECURITY: a guest that could write the platform's own fields or cookies could speak to browsers in its name.
fn allowed(name: &HeaderName, value: HeaderValue) -> Option<HeaderValue> {
    if name.as_str().starts_with("sf-") || HOP.contains(&name.as_str()) {
        return None;
    }
    if name == header::SET_COOKIE { cookie(value) } else { Some(value) }
}

/// The cookie, unless it is named like ours. Without `Domain`: an app is one origin, and its cookies do not reach its siblings.
fn cookie(value: HeaderValue) -> Option<HeaderValue> {
    const OURS: &[u8] = b"__host-sf-";
    // Browsers take `=name=value` for a cookie without a name, and send it back as `name=value`.
    let bytes = value.as_bytes();
    let start = bytes.iter().position(|b| !matches!(b, b' ' | b'\t' | b'=')).unwrap_or(bytes.len());
    let named = bytes.get(start..).unwrap_or_default();
    if named.get(..OURS.len()).is_some_and(|name| name.eq_ignore_ascii_case(OURS)) {
        return None;
    }
    let is_domain = |part: &[u8]| {
        let name = part.split(|b| *b == b'=').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"domain")
    };
    let parts = || bytes.split(|b| *b == b';');
    if !parts().skip(1).any(is_domain) {
        return Some(value);
    }
    let kept = parts().enumerate().filter(|(at, part)| *at == 0 || !is_domain(part)).map(|(_, part)| part);
    HeaderValue::from_bytes(&kept.collect::<Vec<_>>().join(&b';')).ok()
}

/// Takes `content-length` out, whatever it says, and gives it back if it is one number (RFC 9110 section 8.6).
/// `Err`: it says something else.
pub(crate) fn take_length(headers: &mut HeaderMap) -> Result<Option<u64>, RunError> {
    let mut all = headers.get_all(header::CONTENT_LENGTH).iter();
    let length = match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => number(value).map(Some).ok_or_else(|| bad("its content-length is not a number")),
        (Some(_), Some(_)) => Err(bad("it has two content-lengths")),
    };
    headers.remove(header::CONTENT_LENGTH);
    length
}

fn number(value: &HeaderValue) -> Option<u64> {
    let digits = value.to_str().ok()?;
    // `parse` alone would take a sign.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> Result<HeaderMap, RunError> {
        let fields = pairs.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())).collect();
        checked(Fields(fields), &RunLimits::default())
    }

    #[test]
    fn the_platforms_own_fields_and_cookies_cannot_be_written_in_any_case() {
        let written = map(&[
            ("SF-Identity", "x"),
            ("Transfer-Encoding", "chunked"),
            ("Set-Cookie", "__Host-sf-session=stolen"),
            ("set-cookie", " =__HOST-SF-session=stolen"),
            ("Set-Cookie", "a=1; Path=/; DOMAIN = localhost; Secure;domain"),
            ("set-cookie", "domain=kept"),
        ]);
        let written = written.unwrap();
        let cookies: Vec<_> = written.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!(cookies, ["a=1; Path=/; Secure", "domain=kept"]);
        assert_eq!(written.len(), 2);
    }

    #[test]
    fn many_fields_are_refused_before_a_map_is_made() {
        for count in [1_001, 24_577, 70_000] {
            let fields = Fields(vec![("a".into(), Vec::new()); count]);
            let refused = checked(fields, &RunLimits::CAP).unwrap_err();
            assert!(matches!(refused, RunError::Guest(Failure::Limit { limit, .. }) if limit == "header_bytes"));
        }
        let short = Fields(vec![("a".into(), Vec::new()); 500]);
        assert!(checked(short, &RunLimits::default()).is_err(), "33 bytes a field");
    }

    #[test]
    fn a_field_counts_its_name_its_value_and_32_bytes() {
        let limits = RunLimits { header_bytes: 33 + 45, ..RunLimits::default() };
        let two = |value: &str| Fields(vec![("a".into(), Vec::new()), ("set-cookie".into(), value.into())]);
        assert_eq!(checked(two("a=1"), &limits).unwrap().len(), 2, "exactly the limit fits");
        let refused = checked(two("a=12"), &limits).unwrap_err();
        assert!(matches!(refused, RunError::Guest(Failure::Limit { limit, .. }) if limit == "header_bytes"));
    }

    #[test]
    fn a_length_is_one_number_or_none() {
        for bad in [&["+5"][..], &["5, 5"], &[""], &["5", "5"], &["99999999999999999999"], &["0x5"]] {
            let mut headers = map(&bad.iter().map(|v| ("Content-Length", *v)).collect::<Vec<_>>()).unwrap();
            let length = take_length(&mut headers);
            assert!(length.is_err(), "{bad:?}");
            assert!(headers.is_empty());
        }
        assert_eq!(take_length(&mut map(&[("content-length", "5")]).unwrap()).unwrap(), Some(5));
        assert_eq!(take_length(&mut HeaderMap::new()).unwrap(), None);
    }
}
