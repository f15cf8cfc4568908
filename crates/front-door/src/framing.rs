//! Where the body ends, and what the client expects of us: everything that two parsers could read differently is refused.
use gateway::{Body, Refusal, SecurityClass};
use http::{HeaderMap, Method, header};
use http_body::Body as _;
use types::Code;

use crate::Config;

/// Methods that are served; the same list as `types::Method`.
fn is_served(method: &Method) -> bool {
    types::Method::ALL.iter().any(|known| known.as_str() == method.as_str())
}

/// Checks method, `Content-Length`, `Transfer-Encoding`, `Expect`, `Upgrade` and `Content-Encoding`.
pub(crate) fn check(method: &Method, headers: &HeaderMap, body: &Body, config: &Config) -> Result<(), Refusal> {
    if !is_served(method) {
        let refusal = Refusal::new(Code::DOOR_METHOD, format!("method `{method}`"));
        return Err(refusal.next("use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS").close());
    }
    let chunked = check_transfer(headers)?;
    let declared = check_length(headers, config)?;
    let bodyless = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if bodyless && (chunked || declared.is_some_and(|n| n > 0) || !body.is_end_stream()) {
        return Err(ambiguous(format!("{method} with a body")).detail(format!("{method} may not have a body here")));
    }
    check_expect(headers)?;
    if let Some(upgrade) = headers.get(header::UPGRADE)
        && upgrade.as_bytes().split(|b| *b == b',').any(|p| p.trim_ascii().eq_ignore_ascii_case(b"h2c"))
    {
        return Err(ambiguous("upgrade to h2c".into()).detail("HTTP/2 without TLS is not served"));
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        let refusal = Refusal::new(Code::DOOR_CONTENT_ENCODING, "content-encoding on a request");
        return Err(refusal.next("send the body uncompressed, without `Content-Encoding`"));
    }
    Ok(())
}

/// Whether the body is chunked; any other transfer coding, or more than one, is refused (RFC 9112 section 6.1).
fn check_transfer(headers: &HeaderMap) -> Result<bool, Refusal> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some(one), None) if one.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(true),
        _ => Err(ambiguous("transfer coding other than one `chunked`".into())),
    }
}

fn check_length(headers: &HeaderMap, config: &Config) -> Result<Option<u64>, Refusal> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let (Some(one), second) = (lengths.next(), lengths.next()) else { return Ok(None) };
    if second.is_some() || one.is_empty() || !one.as_bytes().iter().all(u8::is_ascii_digit) {
        return Err(ambiguous("content-length is not one number".into()));
    }
    // What does not fit is too large, not malformed.
    let declared = one.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    if declared > config.body_bytes_max {
        let refusal = Refusal::new(Code::DOOR_BODY_TOO_LARGE, format!("declared {declared} bytes"));
        return Err(refusal.next(format!("send at most {} bytes", config.body_bytes_max)).bare().close());
    }
    Ok(Some(declared))
}

/// `100-continue` or nothing: a near miss is a known way to make two servers disagree about whether a body follows.
fn check_expect(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(header::EXPECT) {
        None => Ok(()),
        Some(value) if value.as_bytes() == b"100-continue" => Ok(()),
        Some(_) => Err(Refusal::new(Code::DOOR_EXPECTATION, "expectation other than `100-continue`")
            .next("send `Expect: 100-continue`, or no `Expect`")
            .close()),
    }
}

fn ambiguous(reason: String) -> Refusal {
    Refusal::new(Code::DOOR_MALFORMED, reason).security(SecurityClass::Smuggling).close()
}
