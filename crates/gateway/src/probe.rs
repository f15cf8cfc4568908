//! What must hold for any cookies that a stranger sends. Run by the tests on mangled fields, and by `fuzz/`.
use http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::{Cookies, OUR_PREFIX, SESSION_COOKIE, set_cookie};

/// The value of a `Cookie` field, and the same bytes as the value of a cookie to write.
pub fn cookies(bytes: &[u8]) {
    if let Ok(field) = HeaderValue::from_bytes(bytes) {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, field.clone());
        let all = Cookies::of_platform(&headers);
        assert!(all.names("").all(|name| name.starts_with(OUR_PREFIX)));
        let found = Cookies::one(&headers, SESSION_COOKIE).map(str::to_owned);
        assert!(found.as_ref().is_none_or(|value| !value.contains(';') && value.len() < bytes.len()));
        headers.append(COOKIE, field);
        assert!(Cookies::one(&headers, SESSION_COOKIE).is_none(), "one that came twice is none");
    }
    let text = String::from_utf8_lossy(bytes);
    if let Some(set) = set_cookie(SESSION_COOKIE, &text, None) {
        assert_eq!(set.as_bytes().iter().filter(|b| **b == b';').count(), 4, "nothing can be added to its attributes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mangled_cookies_are_ours_or_nothing() {
        let seeds: [&[u8]; 4] = [
            b"__Host-sf-session=abc; other=1; __Host-sf-tx-00=x.y",
            b"a=b;__Host-sf-session=abc;;=;__Host-sf-sso",
            b"__Host-sf-session=a=b; __host-sf-session=c",
            b"AZaz09-_.",
        ];
        mangle::run(&seeds, 30_000, cookies);
    }
}
