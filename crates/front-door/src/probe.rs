//! What must hold for any request head, and for any bytes of a connection. Run by the tests on mangled requests, and by `fuzz/`.
use std::sync::{OnceLock, atomic::Ordering::Relaxed};

use gateway::{Ambient, Body, Names, Routes};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body_util::{BodyExt, Empty};

use crate::{
    Config, authority, fields,
    flow::{Flow, Framing},
    framing,
    gate::{self, FetchSite, Verb, Verdict},
    reserved::misnomer,
    scan::{FrameCounter, HeadScanner},
    target,
};

fn routes() -> &'static Routes {
    static ROUTES: OnceLock<Routes> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let names = Names {
            scheme: "http",
            apps_domain: "localhost".into(),
            console: "console.localhost".into(),
            id: "id.localhost".into(),
            port: Some(8080),
        };
        match Routes::new(names, &[]) {
            Ok(routes) => routes,
            Err(clash) => panic!("{clash}"),
        }
    })
}

/// A head as the parser may hand it over: `METHOD target`, then a field a line. What the parser would refuse is left out.
pub fn head(bytes: &[u8]) {
    let mut lines = bytes.split(|b| *b == b'\n');
    let first = lines.next().unwrap_or_default();
    let (method, uri) = first.split_at(first.iter().position(|b| *b == b' ').unwrap_or(first.len()));
    let (Ok(method), Ok(uri)) = (Method::from_bytes(method), Uri::try_from(uri.get(1..).unwrap_or_default())) else {
        return;
    };
    let mut headers = HeaderMap::new();
    for line in lines.take(200) {
        let (name, value) = line.split_at(line.iter().position(|b| *b == b':').unwrap_or(line.len()));
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    let config = Config::default();
    let body: Body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    if fields::check(&headers, &config).is_ok() {
        assert!(headers.keys().all(|name| misnomer(name.as_str()).is_none()), "{headers:?}");
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
        assert!(headers.len() <= 64 && bytes <= 16_384);
        assert!(headers.get_all("host").iter().count() <= 1 && headers.get_all("authorization").iter().count() <= 1);
    }
    if framing::check(&method, &headers, &body, &config).is_ok() {
        let framed_read = headers.contains_key("transfer-encoding") && method == Method::GET;
        assert!(!framed_read && !headers.contains_key("content-encoding"), "{headers:?}");
    }
    if target::check(&uri, false, &config).is_ok() {
        plain(uri.path());
    }
    if let Ok(site) = authority::check(&uri, &headers, routes(), "http", None) {
        assert_eq!((site.host.as_str(), site.port), ("console.localhost", 8080));
        assert!(site.authority().is_ok());
        let asked = gate::question(&method, &headers, &site);
        if gate::judge(asked) == Verdict::Admit(Ambient::Attach) {
            let foreign = asked.site == FetchSite::Foreign && asked.verb == Verb::Unsafe;
            assert!(!foreign, "another site's page may not use the user's session: {headers:?}");
        }
    }
}

/// A path that passed means the same decoded as it is: no segment goes up, ends early or begins anew.
fn plain(path: &str) {
    let mut decoded = Vec::new();
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else { panic!("{path}") };
        decoded.push(high * 16 + low);
    }
    let slashes = |text: &[u8]| text.iter().filter(|b| **b == b'/').count();
    assert_eq!(slashes(&decoded), slashes(path.as_bytes()), "{path}");
    assert!(!decoded.contains(&0) && !decoded.contains(&b'\\') && decoded.starts_with(b"/"), "{path}");
    assert!(decoded.split(|b| *b == b'/').all(|segment| segment != b"." && segment != b".."), "{path}");
}

/// The bytes of an HTTP/1 connection whose requests have no body: the scanner says the same however they are cut, and changes
/// nothing unless it spoils.
pub fn heads(bytes: &[u8]) {
    let (size, bytes) = bytes.split_first().map_or((1, bytes), |(first, rest)| (usize::from(*first) + 1, rest));
    let (whole, pieces, single) = (scan(bytes, bytes.len().max(1)), scan(bytes, size), scan(bytes, 1));
    assert_eq!((pieces, single), (whole, whole));
}

/// Whether a fragment was seen; an error when the stream was spoilt.
fn scan(bytes: &[u8], size: usize) -> Result<bool, ()> {
    let flow = Flow::new(false);
    let mut scanner = HeadScanner::new();
    for piece in bytes.chunks(size) {
        let mut waiting = piece.to_vec();
        while !waiting.is_empty() {
            let before = waiting.clone();
            let scanned = scanner.scan(&mut waiting, &flow);
            assert!(scanned.pass <= waiting.len());
            if scanned.spoilt {
                return Err(());
            }
            assert_eq!(waiting, before, "what is not spoilt stays as it is");
            waiting.drain(..scanned.pass);
            // The parser took the head and found no body.
            flow.frame(Framing::Length(0));
        }
    }
    Ok(flow.fragment.load(Relaxed))
}

/// The bytes of an HTTP/2 connection: as many control frames however they are cut.
pub fn frames(bytes: &[u8]) {
    let count = |size: usize| -> u64 {
        let mut counter = FrameCounter::new();
        bytes.chunks(size).map(|piece| u64::from(counter.count(piece))).sum()
    };
    let whole = count(bytes.len().max(1));
    assert_eq!((count(1), count(7)), (whole, whole));
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADS: [&[u8]; 5] = [
        b"GET /a/b%20c?d=%2f\nhost: console.localhost:8080\naccept: */*\nauthorization: Bearer x",
        b"POST http://console.localhost:8080/..;/x\nhost: console.localhost:8080\ncontent-length: 12\norigin: http://evil.example\nsec-fetch-site: cross-site",
        b"OPTIONS /\nhost: [::1]:8080\norigin: null\naccess-control-request-method: PUT\naccess-control-request-private-network: true",
        b"GET /%2e%2e/%61\nhost: console.localhost:8080\nupgrade: websocket\nx-forwarded-user: root\ntransfer-encoding: chunked",
        b"GET /\nhost: console.localhost:8080\norigin: http://console.localhost:8080\nsec-fetch-site: same-origin\nsec-fetch-mode: navigate\nsec-fetch-dest: document\ncookie: __Host-sf-session=1",
    ];

    #[test]
    fn mangled_heads_are_refused_or_plain() {
        mangle::run(&HEADS, 30_000, head);
    }

    #[test]
    fn mangled_streams_are_read_alike_however_they_are_cut() {
        let one = b"\x05GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /#b HTTP/1.1\r\nA: b\r\n\r\n".as_slice();
        let two = b"\x02POST / HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n";
        mangle::run(&[one, two], 20_000, heads);
        let frame = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678";
        mangle::run(&[frame], 10_000, frames);
    }
}
