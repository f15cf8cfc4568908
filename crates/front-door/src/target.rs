//! The request target: routing, policy and the function must see one and the same path.
use gateway::Refusal;
use http::Uri;
use types::Code;

use crate::Config;

/// Checks form and spelling of the target. `fragment`: a `#` and what followed it were cut off before `uri` was made.
pub(crate) fn check(uri: &Uri, fragment: bool, config: &Config) -> Result<(), Refusal> {
    // RFC 9112 section 3.2: no form of a target has a fragment. Another parser would take it for a part of the path.
    if fragment {
        return Err(malformed("the target has a fragment (`#`)"));
    }
    let Some(target) = uri.path_and_query() else { return Err(malformed("the target has no path")) };
    let target = target.as_str();
    if target.len() as u64 > config.uri_bytes_max {
        let next = format!("use at most {} bytes of path and query", config.uri_bytes_max);
        return Err(Refusal::new(Code::DOOR_URI_TOO_LONG, format!("{} bytes", target.len())).next(next).bare());
    }
    // RFC 9112 section 3.2: authority-form is for CONNECT, `*` for a server as a whole; neither names anything here.
    if !target.starts_with('/') || (uri.authority().is_some() && uri.scheme().is_none()) {
        return Err(malformed("the target does not start with `/`"));
    }
    check_path(uri.path())
}

fn check_path(path: &str) -> Result<(), Refusal> {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => check_escape(bytes.next(), bytes.next())?,
            b'\\' => return Err(malformed("the path has a backslash")),
            0x21..=0x7e => {}
            _ => return Err(malformed("the path has a byte that must be percent-encoded")),
        }
    }
    if path.split('/').any(is_dots) {
        return Err(malformed("the path has a dot segment"));
    }
    // Some servers merge slashes: `//admin` would be routed as one thing here and be read as another by a function.
    if path.contains("//") {
        return Err(malformed("the path has an empty segment"));
    }
    Ok(())
}

fn check_escape(high: Option<u8>, low: Option<u8>) -> Result<(), Refusal> {
    let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
    match (digit(high), digit(low)) {
        (Some(0), Some(0)) => Err(malformed("the path has an encoded NUL")),
        (Some(2), Some(0xf)) => Err(malformed("the path has an encoded slash")),
        (Some(5), Some(0xc)) => Err(malformed("the path has an encoded backslash")),
        // SECURITY: `/%61dmin` and `/admin` are one path (RFC 3986 section 6.2.2.2); routed by its letters, it would reach
        // whatever stands at `/*` and be read as `/admin` by a function that decodes.
        (Some(high), Some(low)) if is_unreserved(high * 16 + low) => {
            Err(malformed("the path encodes a character that needs no encoding"))
        }
        (Some(_), Some(_)) => Ok(()),
        _ => Err(malformed("the path has a `%` without two hexadecimal digits")),
    }
}

/// Characters that mean the same encoded or not (RFC 3986 section 2.3).
fn is_unreserved(code: u32) -> bool {
    char::from_u32(code).is_some_and(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
}

/// `.` and `..`, encoded or not, and with the `;parameters` that some servers cut off before they look.
fn is_dots(segment: &str) -> bool {
    let mut rest = segment.split(';').next().unwrap_or_default();
    let mut dots = 0;
    while !rest.is_empty() {
        let after = rest.strip_prefix('.').or_else(|| rest.strip_prefix("%2e")).or_else(|| rest.strip_prefix("%2E"));
        let Some(after) = after else { return false };
        rest = after;
        dots += 1;
    }
    matches!(dots, 1 | 2)
}

fn malformed(sentence: &str) -> Refusal {
    Refusal::new(Code::DOOR_MALFORMED, sentence).detail(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_two_parsers_read_alike_pass() {
        for good in
            ["/", "/a/b", "/a%20b", "/...", "/.well-known/x", "/a.b/..c", "/%C3%A4", "/a;b=c", "/~u/+,@:!$&'()*="]
        {
            assert!(check_path(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn others_do_not() {
        for bad in [
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a%5Cb",
            "/a%00",
            "/../x",
            "/a/..",
            "/a/.",
            "/./",
            "/%2e%2e/x",
            "/.%2E/x",
            "/%2e",
            "/a\\b",
            "/a%",
            "/a%2",
            "/a%zz",
            "/..;/x",
            "/..;a=b/x",
            "/ä",
            "/a b",
            "/\u{7f}",
            "/%61dmin",
            "/admin%2Dx",
            "/%7e",
            "//admin",
            "/a//b",
        ] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_origin_form_and_absolute_form() {
        let config = Config::default();
        for bad in ["*", "example.org:80"] {
            assert!(check(&bad.parse().unwrap(), false, &config).is_err(), "{bad}");
        }
        assert!(check(&"http://a.localhost/x?y".parse().unwrap(), false, &config).is_ok());
        assert!(check(&"http://a.localhost/x?y".parse().unwrap(), true, &config).is_err());
        let long = format!("/{}", "a".repeat(8_192));
        assert_eq!(check(&long.parse().unwrap(), false, &config).unwrap_err().code, Code::DOOR_URI_TOO_LONG);
    }
}
