//! The platform's own cookies: read from a request, and written.
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};

/// What all of them begin with. Browsers take `__Host-` only from the very host, over a secure channel, for all paths.
pub const OUR_PREFIX: &str = "__Host-sf-";
/// The session at an app's origin.
pub const SESSION_COOKIE: &str = "__Host-sf-session";
/// The session at the sign-in origin.
pub const SSO_COOKIE: &str = "__Host-sf-sso";

/// What the names of the cookies begin with that an attempt to sign in leaves at an app's origin, one an attempt.
pub const ATTEMPT_PREFIX: &str = "__Host-sf-tx-";

/// As many cookies of ours as are looked at; a browser with more lost its way.
const COUNT_MAX: usize = 40;

/// The platform's cookies of one request.
#[derive(Debug, Clone, Default)]
pub struct Cookies(Vec<(Arc<str>, Arc<str>)>);

/// Every `name=value` of the request whose name is ours, in order.
fn ours(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    let pairs = pairs.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| name.starts_with(OUR_PREFIX))
}

impl Cookies {
    pub(crate) fn of_platform(headers: &HeaderMap) -> Self {
        Self(ours(headers).take(COUNT_MAX).map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of a cookie. SECURITY: one that came twice is none: which of two a browser was given by us cannot be told.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(n, _)| **n == *name).map(|(_, value)| &**value);
        found.next().filter(|_| found.next().is_none())
    }

    /// The same, of a head.
    pub fn one<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
        let mut found = ours(headers).filter(|(n, _)| *n == name).map(|(_, value)| value);
        found.next().filter(|_| found.next().is_none())
    }

    /// The names that begin like this.
    pub fn names(&self, prefix: &str) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name).filter(move |name| name.starts_with(prefix))
    }
}

/// `Set-Cookie` for this very host. Without an age it ends with the browser; 0 takes it away.
/// `value` must be letters, digits, `-`, `_`, `.`: anything else gives no cookie.
pub fn set_cookie(name: &str, value: &str, age_s: Option<u64>) -> Option<HeaderValue> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if !value.bytes().all(plain) || !name.bytes().all(plain) {
        return None;
    }
    let age = age_s.map(|age_s| format!("; Max-Age={age_s}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}")).ok()
}

fn name(set: &HeaderValue) -> &[u8] {
    set.as_bytes().split(|b| *b == b'=').next().unwrap_or_default().trim_ascii()
}

/// Whether an answer sets the cookie that `set` would set. What it says is newer: somebody just signed in, or out, and the secret
/// that was replaced on the way there is of the session before. Browsers keep the last of two.
pub(crate) fn sets(headers: &HeaderMap, set: &HeaderValue) -> bool {
    headers.get_all(header::SET_COOKIE).iter().any(|known| name(known) == name(set))
}

/// Takes out of a function's answer what would set a cookie of ours.
/// SECURITY: else a function signs its visitors in as somebody else (session fixation), or out.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let claims_ours = |value: &HeaderValue| {
        name(value).get(..OUR_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(OUR_PREFIX.as_bytes()))
    };
    if !headers.get_all(header::SET_COOKIE).iter().any(claims_ours) {
        return;
    }
    let kept: Vec<HeaderValue> =
        headers.get_all(header::SET_COOKIE).iter().filter(|value| !claims_ours(value)).cloned().collect();
    headers.remove(header::SET_COOKIE);
    for value in kept {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(header::COOKIE, HeaderValue::from_str(field).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_counts_once_and_whole() {
        let get = |fields: &[&str]| Cookies::one(&head(fields), SESSION_COOKIE).map(str::to_owned);
        assert_eq!(get(&["a=b; __Host-sf-session=x; c=d"]).as_deref(), Some("x"));
        assert_eq!(get(&["a=b", "__Host-sf-session=x"]).as_deref(), Some("x"));
        for none in [
            &["__Host-sf-session=x; __Host-sf-session=y"][..],
            &["__Host-sf-session=x", "__Host-sf-session=x"],
            &["__host-sf-session=x"],
            &["__Host-sf-session"],
            &["x__Host-sf-session=x"],
            &["__Host-sf-sessions=x"],
            &[],
        ] {
            assert_eq!(get(none), None, "{none:?}");
        }
        let all = Cookies::of_platform(&head(&["a=1; __Host-sf-tx-1=a; __Host-sf-tx-2=b; __Host-sf-sso=c"]));
        assert_eq!(all.names("__Host-sf-tx-").collect::<Vec<_>>(), ["__Host-sf-tx-1", "__Host-sf-tx-2"]);
        assert_eq!((all.get("__Host-sf-tx-2"), all.get("a")), (Some("b"), None));
    }

    #[test]
    fn what_is_written_is_for_this_host_alone() {
        let text = set_cookie(SESSION_COOKIE, "abc", None).unwrap();
        assert_eq!(text, "__Host-sf-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax");
        for bad in ["a;b", "a b", "a\r\nx: y", "a,b", "\u{e4}"] {
            assert_eq!(set_cookie(SESSION_COOKIE, bad, None), None, "{bad}");
        }
    }

    #[test]
    fn a_function_cannot_set_ours() {
        let mut headers = HeaderMap::new();
        for value in ["own=1", "__Host-sf-session=evil; Path=/", " __host-SF-x=evil", "__Host-own=2"] {
            headers.append(header::SET_COOKIE, HeaderValue::from_str(value).unwrap());
        }
        strip(&mut headers);
        assert_eq!(headers.get_all(header::SET_COOKIE).iter().collect::<Vec<_>>(), ["own=1", "__Host-own=2"]);
    }
}
