//! The gate's question, read from a head.
use http::{HeaderMap, HeaderName, Method, header};

use super::{FetchSite, Origin, Purpose, Question, Verb};
use crate::authority::Site;

/// What our own cookies begin with.
const OUR_COOKIES: &[u8] = b"__Host-sf-";

/// Reads the question. Fields that came twice or are not text count as foreign, never as absent.
pub(crate) fn question(method: &Method, headers: &HeaderMap, site: &Site) -> Question {
    let origin = origin(headers, site);
    let verb = verb(method, headers, origin);
    Question {
        site: fetch_site(headers),
        origin,
        verb,
        purpose: purpose(headers),
        upgrade: headers.contains_key(header::UPGRADE),
        local_network: matches!(verb, Verb::Options | Verb::Preflight)
            && (headers.contains_key("access-control-request-private-network")
                || headers.contains_key("access-control-request-local-network")),
        explicit_credential: headers.contains_key("dpop") || is_bearer(headers),
        // Only asked of unsafe methods; looking through every cookie of every read would buy nothing.
        session_cookie: verb == Verb::Unsafe && has_our_cookie(headers),
    }
}

/// The one value of a field: absent, or one text, or something else.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    if headers.get_all(name).iter().nth(1).is_some() {
        return Err(());
    }
    value.to_str().map(Some).map_err(|_| ())
}

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

fn fetch_site(headers: &HeaderMap) -> FetchSite {
    match one(headers, &SITE) {
        Ok(None) => FetchSite::Absent,
        Ok(Some("same-origin")) => FetchSite::SameOrigin,
        Ok(Some("none")) => FetchSite::None,
        _ => FetchSite::Foreign,
    }
}

fn origin(headers: &HeaderMap, site: &Site) -> Origin {
    match one(headers, &header::ORIGIN) {
        Ok(None) => Origin::Absent,
        Ok(Some("null")) => Origin::Null,
        Ok(Some(text)) if site.is_origin(text) => Origin::Own,
        _ => Origin::Other,
    }
}

fn verb(method: &Method, headers: &HeaderMap, origin: Origin) -> Verb {
    match *method {
        Method::GET | Method::HEAD => Verb::Read,
        Method::OPTIONS => {
            let asks = headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
            if asks && origin != Origin::Absent { Verb::Preflight } else { Verb::Options }
        }
        _ => Verb::Unsafe,
    }
}

fn purpose(headers: &HeaderMap) -> Purpose {
    if one(headers, &MODE) != Ok(Some("navigate")) {
        return Purpose::Other;
    }
    match one(headers, &DEST) {
        Ok(Some("document")) => Purpose::Document,
        Ok(Some("iframe" | "frame" | "embed" | "object" | "fencedframe")) => Purpose::Framed,
        _ => Purpose::Other,
    }
}

fn is_bearer(headers: &HeaderMap) -> bool {
    let scheme = headers.get(header::AUTHORIZATION).and_then(|v| v.as_bytes().split(|b| *b == b' ').next());
    scheme.is_some_and(|s| s.eq_ignore_ascii_case(b"bearer") || s.eq_ignore_ascii_case(b"dpop"))
}

fn has_our_cookie(headers: &HeaderMap) -> bool {
    let ours = |value: &http::HeaderValue| value.as_bytes().windows(OUR_COOKIES.len()).any(|w| w == OUR_COOKIES);
    headers.get_all(header::COOKIE).iter().any(ours)
}
