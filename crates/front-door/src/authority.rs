//! Which of our names the request is for. This is also the defence against DNS rebinding: a page that was served under a
//! name of the attacker's keeps that name in `Host`, and we do not answer to it.
use gateway::{Names, Refusal, Routes, SecurityClass};
use http::{HeaderMap, Uri, header, uri};
use types::Code;

/// The part of a request that names a host, once it is one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// `http` or `https`, from the listener.
    pub scheme: &'static str,
    /// Lower case, one of ours.
    pub host: String,
    /// Always there, the scheme's own included.
    pub port: u16,
}

/// The port that a scheme means when none is written.
const fn default_port(scheme: &str) -> u16 {
    match scheme.len() {
        4 => 80,
        _ => 443,
    }
}

impl Site {
    /// Whether `origin` (RFC 6454, as a browser writes it) is this very site.
    pub(crate) fn is_origin(&self, origin: &str) -> bool {
        let Some(rest) = origin.strip_prefix(self.scheme).and_then(|rest| rest.strip_prefix("://")) else {
            return false;
        };
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()),
            None => (rest, Some(default_port(self.scheme))),
        };
        host == self.host && port == Some(self.port)
    }

    /// `host`, with the port unless it is the scheme's own.
    pub(crate) fn authority(&self) -> Result<uri::Authority, Refusal> {
        let text = if self.port == default_port(self.scheme) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        };
        uri::Authority::from_maybe_shared(bytes::Bytes::from(text)).map_err(|e| Refusal::internal(e.to_string()))
    }
}

/// `uri-host[:port]` of RFC 9110 section 7.2, split and not yet believed.
struct Written<'a> {
    host: &'a str,
    port: Option<u16>,
}

fn written(text: &str) -> Option<Written<'_>> {
    let (host, port) = match text.rsplit_once(':') {
        // The colons of an IPv6 literal stand inside brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let literal = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let well_formed = match literal {
        Some(inner) => !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.'),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)),
    };
    let port = match port {
        None => None,
        Some(digits) if digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
        Some(_) => return None,
    };
    (well_formed && host.len() <= 255).then_some(Written { host, port })
}

/// Finds the one authority of the request and checks that it is ours, on this port, and the one that TLS was made for.
pub(crate) fn check(
    uri: &Uri,
    headers: &HeaderMap,
    routes: &Routes,
    scheme: &'static str,
    sni: Option<&str>,
) -> Result<Site, Refusal> {
    let text = one_authority(uri, headers, scheme)?;
    let named =
        written(text).ok_or_else(|| malformed(format!("host `{}`", shown(text)), "the Host is not a host name"))?;
    let names = routes.names();
    let port = named.port.unwrap_or_else(|| default_port(scheme));
    let host = named.host.to_ascii_lowercase();
    if port != port_of(names, scheme) || !routes.knows(&host) {
        return Err(misdirected(text, headers, "not a name and port of ours"));
    }
    if sni.is_some_and(|sni| !sni.eq_ignore_ascii_case(&host)) {
        return Err(misdirected(text, headers, "not the name that the TLS connection was made for"));
    }
    Ok(Site { scheme, host, port })
}

fn port_of(names: &Names, scheme: &str) -> u16 {
    names.port.unwrap_or_else(|| default_port(scheme))
}

/// The authority, after all places that can hold one agree (RFC 9112 section 3.2.2, RFC 9113 section 8.3.1).
fn one_authority<'a>(uri: &'a Uri, headers: &'a HeaderMap, scheme: &str) -> Result<&'a str, Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (None, _) => None,
        (Some(one), None) => {
            Some(one.to_str().map_err(|_| malformed("not text".into(), "the Host is not a host name"))?)
        }
        _ => return Err(malformed("Host twice".into(), "the Host came more than once")),
    };
    if uri.scheme_str().is_some_and(|written| written != scheme) {
        return Err(malformed(format!("scheme of the target is not {scheme}"), "the target has another scheme"));
    }
    match (uri.authority(), host) {
        (None, None) => Err(malformed("no Host".into(), "the Host is missing")),
        (None, Some(host)) => Ok(host),
        (Some(target), None) if uri.scheme().is_some() => Ok(target.as_str()),
        (Some(target), Some(host)) if target.as_str().eq_ignore_ascii_case(host) => Ok(host),
        _ => Err(malformed("two authorities".into(), "the target and the Host name different hosts")
            .security(SecurityClass::Smuggling)
            .close()),
    }
}

fn malformed(reason: String, sentence: &str) -> Refusal {
    Refusal::new(Code::DOOR_HOST, reason).detail(sentence).next("send exactly one `Host` of the form `name:port`")
}

/// 421. From a browser it is near-certain rebinding; without one it is noise of the internet.
fn misdirected(text: &str, headers: &HeaderMap, why: &str) -> Refusal {
    let refusal = Refusal::new(Code::DOOR_UNKNOWN_HOST, format!("host `{}` is {why}", shown(text)))
        .next("check the name and the port of the address; `serviceful apps` lists those that answer");
    if is_browser(headers) { refusal.security(SecurityClass::Rebinding) } else { refusal }
}

/// Whether the request carries what only browsers send.
fn is_browser(headers: &HeaderMap) -> bool {
    let fetch = ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"].iter().any(|name| headers.contains_key(*name));
    let origin = |value: &http::HeaderValue| value == "null" || value.as_bytes().windows(3).any(|w| w == b"://");
    fetch || headers.get(header::ORIGIN).is_some_and(origin)
}

/// At most 80 characters of what was sent, for the record.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
