//! Hosts that are not ours, and browsers that were sent by somebody else.
use front_door::Config;
use gateway::Ambient;

use super::{
    house::open,
    raw::{exchange, statuses},
};

#[tokio::test]
async fn hosts_that_are_not_ours_get_421_and_browsers_an_event() {
    let door = open(Config::default(), None);
    let port = door.address.port();
    let hosts = [
        format!("evil.example:{port}"),
        format!("nothing.localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("0.0.0.0:{port}"),
        format!("2130706433:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("localhost:{port}"),
        format!("coffee.localhost.:{port}"),
        format!("x.coffee.localhost:{port}"),
        format!("coffee.localhost.evil.example:{port}"),
        format!("coffeelocalhost:{port}"),
        format!(".localhost:{port}"),
        "coffee.localhost".into(),
        "coffee.localhost:1".into(),
        format!("xn--coffee.localhost:{port}"),
    ];
    for host in &hosts {
        for (browser, fields) in
            [(false, ""), (true, "Sec-Fetch-Site: same-origin\r\n"), (true, "Origin: http://evil.example\r\n")]
        {
            let before = door.events().len();
            let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{fields}\r\n");
            let (answer, _) = exchange(door.address, request.as_bytes()).await;
            assert_eq!(statuses(&answer), [421], "{request:?}: {answer}");
            let events = door.events();
            assert_eq!(events.len(), before + 1);
            let note = events.last().unwrap().note.as_deref().map(str::to_owned);
            assert_eq!(note.as_deref(), browser.then_some("rebinding"), "{request:?}");
        }
    }
    for host in [
        "coffee.localhost:",
        "coffee.localhost:x",
        "coffee.localhost:99999",
        "a b",
        "caf\u{e9}:80",
        "[::1",
        "::1",
        "a,b",
        "coffee.localhost:80:80",
    ] {
        let (answer, _) = exchange(door.address, format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await;
        assert_eq!(statuses(&answer), [400], "{host:?}: {answer}");
    }
    assert_eq!(door.calls(), 0);
}

#[tokio::test]
async fn a_browser_sent_by_another_site_gets_nothing_done() {
    let door = open(Config::default(), None);
    let port = door.address.port();
    let own = format!("http://coffee.localhost:{port}");
    let cross = "Origin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\n";
    let attacks = [
        (
            "forged form",
            "POST",
            format!("{cross}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nContent-Length: 0\r\n"),
            403,
        ),
        ("forged fetch", "DELETE", cross.to_owned(), 403),
        ("null origin", "POST", "Origin: null\r\nContent-Length: 0\r\n".into(), 403),
        (
            "sibling",
            "POST",
            format!("Origin: http://tea.localhost:{port}\r\nSec-Fetch-Site: same-site\r\nContent-Length: 0\r\n"),
            403,
        ),
        ("socket", "GET", format!("{cross}Upgrade: websocket\r\nConnection: Upgrade\r\n"), 403),
        ("frame", "GET", format!("{cross}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n"), 403),
        ("preflight", "OPTIONS", format!("{cross}Access-Control-Request-Method: PUT\r\n"), 403),
        ("private network", "OPTIONS", "Access-Control-Request-Private-Network: true\r\n".into(), 403),
        ("contradiction", "GET", "Origin: http://evil.example\r\nSec-Fetch-Site: same-origin\r\n".into(), 400),
        ("old browser with our cookie", "POST", "Cookie: __Host-sf-session=x\r\nContent-Length: 0\r\n".into(), 403),
    ];
    for (name, method, fields, status) in &attacks {
        let request = format!("{method} / HTTP/1.1\r\nHost: coffee.localhost:{port}\r\n{fields}\r\n");
        let (answer, _) = exchange(door.address, request.as_bytes()).await;
        assert_eq!(statuses(&answer), [*status], "{name}: {answer}");
        assert_eq!(door.events().last().unwrap().note.as_deref(), Some("cross-site"), "{name}");
    }
    assert_eq!(door.calls(), 0);
    // No browser: an upgrade without origin and token is refused in words that fit, and is no attack of another site.
    let bare =
        format!("GET / HTTP/1.1\r\nHost: coffee.localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    let (answer, _) = exchange(door.address, bare.as_bytes()).await;
    assert_eq!(statuses(&answer), [403], "{answer}");
    assert!(
        answer.contains("needs an `Origin` of this address, or a token") && !answer.contains("another site"),
        "{answer}"
    );
    assert_eq!(door.events().last().unwrap().note, None);
    assert_eq!(door.calls(), 0);
    let twins = [
        (
            "own form",
            "POST",
            format!("Origin: {own}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n"),
            Ambient::Attach,
        ),
        (
            "own form without referrer",
            "POST",
            "Origin: null\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n".into(),
            Ambient::Attach,
        ),
        (
            "typed",
            "GET",
            "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n".into(),
            Ambient::Attach,
        ),
        (
            "link",
            "GET",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n".into(),
            Ambient::ReadOnly,
        ),
        (
            "image",
            "GET",
            "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n".into(),
            Ambient::Withhold,
        ),
        ("curl", "GET", String::new(), Ambient::ReadOnly),
        ("webhook", "POST", "Content-Length: 0\r\n".into(), Ambient::Withhold),
        (
            "own socket",
            "GET",
            format!("Origin: {own}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"),
            Ambient::Attach,
        ),
    ];
    for (name, method, fields, ambient) in &twins {
        let request = format!("{method} / HTTP/1.1\r\nHost: coffee.localhost:{port}\r\n{fields}\r\n");
        let (answer, _) = exchange(door.address, request.as_bytes()).await;
        assert_eq!(statuses(&answer), [200], "{name}: {answer}");
        let seen = door.seen().last().unwrap().clone();
        assert_eq!(seen.ambient, Some(*ambient), "{name}");
        assert!(!seen.headers.contains_key("upgrade"), "{name}");
    }
}
