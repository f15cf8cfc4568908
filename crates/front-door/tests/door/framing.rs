//! Framing, names and targets: every row of the chapter's section 4 that applies, by outcome.
use front_door::Config;

use super::{
    house::{Standing, open},
    raw::{exchange, statuses},
};

/// Sends one attack on a fresh connection: nothing may be called, one refusal comes, and what follows is answered only
/// when it was a request of its own.
async fn refused(door: &Standing, request: &str, status: u16) {
    let before = door.calls();
    let bytes = request.replace("{host}", &format!("coffee.localhost:{}", door.address.port()));
    let bytes = bytes.replace("{port}", &door.address.port().to_string());
    let (answer, _) = exchange(door.address, bytes.as_bytes()).await;
    assert_eq!(door.calls(), before, "called by {request:?}: {answer}");
    assert_eq!(statuses(&answer), [status], "{request:?}: {answer}");
}

#[tokio::test]
async fn ambiguous_requests_are_refused_and_call_nothing() {
    let door = open(Config::default(), None);
    let head = "POST / HTTP/1.1\r\nHost: {host}\r\n";
    let rows: Vec<(String, u16)> = vec![
        // Host.
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: \r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: u@{host}\r\n\r\n".into(), 400),
        ("GET http://tea.localhost:{port}/ HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET https://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        // Lengths and codings.
        (format!("{head}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"), 400),
        (format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx"), 400),
        (format!("{head}Content-Length: +1\r\n\r\nx"), 400),
        (format!("{head}Content-Length: 1, 1\r\n\r\nx"), 400),
        (format!("{head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{head}Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n"), 400),
        (format!("{head}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{head}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 400),
        (format!("{head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400),
        ("GET / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\nx".into(), 400),
        ("HEAD / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\nx".into(), 400),
        ("OPTIONS / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), 400),
        (format!("{head}Content-Length: 67108865\r\n\r\n"), 413),
        (format!("{head}Content-Length: 99999999999999999999\r\n\r\n"), 400),
        // Targets and methods.
        ("GET ! HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET /a#b HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET http://{host}/#b HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET /a%2fb HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET /a%5Cb HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET /a%00 HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET /a/../b HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET /a/%2e%2E/b HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 405),
        ("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 405),
        ("BREW / HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 405),
        // Names, expectations, codings of the content.
        (format!("{head}my_name: 1\r\n\r\n"), 400),
        (format!("{head}Expect: y 100-continue\r\nContent-Length: 1\r\n\r\nx"), 417),
        (format!("{head}Expect: 100-continue, x\r\nContent-Length: 1\r\n\r\nx"), 417),
        (format!("{head}Upgrade: h2c\r\nHTTP2-Settings: AAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n"), 400),
        (format!("{head}Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"), 415),
        (format!("{head}{}\r\n", "A: b\r\n".repeat(64)), 431),
        (format!("{head}A: {}\r\n\r\n", "b".repeat(16_400)), 431),
        // Under the bound without what each field costs, over it with that.
        (format!("{head}A: {}\r\n\r\n", "b".repeat(16_384 - 80)), 431),
        (format!("GET /{} HTTP/1.1\r\nHost: {{host}}\r\n\r\n", "a".repeat(8_200)), 414),
        (format!("{head}Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"), 400),
        (format!("{head}Authorization: Bearer a\r\nAuthorization: Bearer good\r\n\r\n"), 400),
        // Line ends.
        ("GET / HTTP/1.1\nHost: {host}\n\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: {host}\r\nA: b\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: {host}\r\nA: b\r\n\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: {host}\r\nUseless:\n\nGET /x HTTP/1.1\r\nHost: {host}\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: {host}\r\nA: b\r\n c\r\n\r\n".into(), 400),
        ("GET / HTTP/1.2\r\nHost: {host}\r\n\r\n".into(), 400),
    ];
    for (request, status) in &rows {
        refused(&door, request, *status).await;
    }
    assert_eq!(door.calls(), 0);
}

#[tokio::test]
async fn honest_twins_pass_and_reach_the_function_canonical() {
    let door = open(Config::default(), None);
    let port = door.address.port();
    let twins = [
        format!("GET /a%20b?c=%2f HTTP/1.1\r\nHost: COFFEE.localhost:{port}\r\n\r\n"),
        format!("GET http://coffee.localhost:{port}/a%20b?c=%2f HTTP/1.1\r\nHost: coffee.localhost:{port}\r\n\r\n"),
    ];
    for twin in &twins {
        let (answer, closed) = exchange(door.address, twin.as_bytes()).await;
        assert_eq!((statuses(&answer), closed), (vec![200], false), "{answer}");
        assert_eq!(door.seen().last().unwrap().uri, format!("http://coffee.localhost:{port}/a%20b?c=%2f"));
        for field in [
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(answer.contains(field), "{field} in {answer}");
        }
        assert!(!answer.contains("strict-transport-security"), "{answer}");
    }
    let host = format!("coffee.localhost:{port}");
    for (request, body) in [
        (format!("POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\na\nb\r\n"), "a\nb\r\n"),
        (
            format!("POST /echo HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
            "abc",
        ),
        (format!("POST /echo HTTP/1.1\r\nHost: {host}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"), "hi"),
    ] {
        let (answer, _) = exchange(door.address, request.as_bytes()).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{request:?}: {answer}");
        assert_eq!(door.seen().last().unwrap().body.as_deref().unwrap(), body.as_bytes());
    }
}

#[tokio::test]
async fn pipelined_requests_are_each_answered_once_and_in_order() {
    let door = open(Config::default(), None);
    let host = format!("coffee.localhost:{}", door.address.port());
    let mut bytes = String::new();
    for i in 0..20 {
        bytes += &format!("POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n\r\n{i:03}\n");
        bytes += &format!("GET /{i} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    }
    let (answer, closed) = exchange(door.address, bytes.as_bytes()).await;
    assert!(!closed);
    assert_eq!(statuses(&answer), vec![200; 40], "{answer}");
    assert_eq!(door.calls(), 40);
    let at: Vec<usize> = (0..20).map(|i| answer.find(&format!("{i:03}\n")).unwrap()).collect();
    assert!(at.is_sorted());
    // The second of two has a bare LF: the first is answered, the second is not, and no third exists.
    let smuggled = format!(
        "POST /echo HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\r\nHost: {host}\nA: b\r\n\r\n"
    );
    let (answer, closed) = exchange(door.address, smuggled.as_bytes()).await;
    assert_eq!((statuses(&answer), closed), (vec![200, 400], true), "{answer}");
    assert_eq!(door.calls(), 41);
    // A fragment spoils its own request and no other.
    let two = format!("GET /a#b HTTP/1.1\r\nHost: {host}\r\n\r\nGET /c HTTP/1.1\r\nHost: {host}\r\nA: #\r\n\r\n");
    let (answer, _) = exchange(door.address, two.as_bytes()).await;
    assert_eq!(statuses(&answer), [400, 200], "{answer}");
    assert!(answer.contains("the target has a fragment"), "{answer}");
    assert_eq!(door.calls(), 42);
}

#[tokio::test]
async fn nothing_is_answered_after_a_chunked_request() {
    let door = open(Config::default(), None);
    let host = format!("coffee.localhost:{}", door.address.port());
    let bytes = format!(
        "POST /echo HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: {host}\r\n\r\n"
    );
    let (answer, closed) = exchange(door.address, bytes.as_bytes()).await;
    assert_eq!((statuses(&answer), closed, door.calls()), (vec![200], true, 1), "{answer}");
    assert!(answer.contains("connection: close"));
}

#[tokio::test]
async fn every_refusal_of_a_request_leaves_one_event() {
    let door = open(Config::default(), None);
    refused(&door, "GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-User: root\r\n\r\n", 400).await;
    refused(&door, "GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: ::1\r\n\r\n", 400).await;
    refused(&door, "GET / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400).await;
    let events = door.events();
    let kinds: Vec<_> = events.iter().map(|e| (e.kind, e.note.as_deref())).collect();
    assert_eq!(
        kinds,
        [
            (audit::Kind::Security, Some("reserved-header")),
            (audit::Kind::Request, None),
            (audit::Kind::Security, Some("smuggling")),
        ]
    );
}

#[tokio::test]
async fn spoofed_identity_headers_are_refused_in_every_spelling_that_parses() {
    let door = open(Config::default(), None);
    let names = [
        "sf-caller",
        "x-sf-user",
        "x-ms-client-principal",
        "x-forwarded-user",
        "x-forwarded-email",
        "x-forwarded-groups",
        "x-auth-request-user",
        "cf-access-jwt-assertion",
        "x-amzn-oidc-data",
        "remote-user",
    ];
    let mut sent = 0;
    for name in names {
        for joint in ["-", "_", "."] {
            for spelling in
                [name.replace('-', joint), name.replace('-', joint).to_uppercase(), name.replacen('-', joint, 1)]
            {
                refused(
                    &door,
                    &format!("GET / HTTP/1.1\r\nHost: {{host}}\r\nConnection: close\r\n{spelling}: root\r\n\r\n"),
                    400,
                )
                .await;
                sent += 1;
            }
        }
        // A space is no part of a name: the parser refuses it.
        let spaced = name.replacen('-', " ", 1);
        refused(&door, &format!("GET / HTTP/1.1\r\nHost: {{host}}\r\n{spaced}: root\r\n\r\n"), 400).await;
    }
    let security = door.events().iter().filter(|e| e.note.as_deref() == Some("reserved-header")).count();
    assert_eq!(security, sent);
}

#[tokio::test]
async fn a_reserved_name_in_a_trailer_never_arrives() {
    let door = open(Config::default(), None);
    let host = format!("coffee.localhost:{}", door.address.port());
    let bytes = format!(
        "POST /echo HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTrailer: x-forwarded-user\r\n\r\n1\r\na\r\n0\r\nX-Forwarded-User: root\r\n\r\n"
    );
    exchange(door.address, bytes.as_bytes()).await;
    assert_eq!(door.seen().last().unwrap().body, Err("the body is malformed".into()));
}
