//! Every route before and behind sign-in, with everything that a hostile client can put into it. The routes are those of the
//! product's own tables, and the names of fields those that its source asks for: a new one is walked by itself.
use std::{fs, path::Path};

use crate::{
    browser::Browser,
    platform::{Platform, Setup, guest},
    sign_in::{COFFEE, ID, PASSWORD},
    wire::{PATIENCE, Raw, Request},
};

const CONSOLE: &str = "console.localhost";
const FORM: &str = "application/x-www-form-urlencoded";
/// Would be a tag, an end of an attribute, and an end of a script's text, if it came back as it went.
const MARK: &str = "sfmark\"'><sfmark onload=1>";

/// Values that are text: they reach the handlers.
fn texts() -> Vec<String> {
    let deep = |open: &str, close: &str| open.repeat(2_000) + &close.repeat(2_000);
    let texts = [
        "",
        " ",
        MARK,
        "<script>sfmark()</script>",
        "'\"`;--sfmark",
        "\r\nx-injected: sfmark\r\n\r\n<sfmark>",
        "%0d%0ax-injected:%20sfmark",
        "%00",
        "%",
        "%zz%2",
        "%252e%252e%252f%u003c",
        "../../../../etc/passwd",
        "{{7*7}}${7*7}<%= 7*7 %>",
        "\u{202e}\u{2066}sfmark\u{2069}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{fe0f}",
        "a\u{301}\u{345}\u{fdfa}",
        "\u{feff}\u{200b}\u{ad}",
        "\u{7f}\u{85}\u{9b}",
        "-1",
        "0",
        "18446744073709551616",
        "-9223372036854775809",
        "1e400",
        "NaN",
        "true",
        "null",
        "[]",
        "[\"a\",\"b\"]",
        "{\"a\":{\"b\":[1]}}",
        "javascript:sfmark",
        "//evil.example",
        "http://evil.example/callback",
        "sfmark@example.org",
        "\"sfmark\"@example.org",
        "cli.AAAA",
        "urn:ietf:params:oauth:request_uri:AAAA",
    ];
    let mut all: Vec<String> = texts.map(str::to_owned).to_vec();
    all.extend([deep("[", "]"), deep("{\"a\":", "}"), "A".repeat(9_000), "\u{e9}".repeat(1_500)]);
    all
}

/// What a body or a query can be that is no form of text.
fn broken() -> Vec<Vec<u8>> {
    vec![
        b"email=%00".to_vec(),
        b"email=a\0b".to_vec(),
        b"email=%ff%fe".to_vec(),
        b"email=%c0%80&password=%c0%af".to_vec(),
        b"email=%ed%a0%80".to_vec(),
        b"email=\xff\xfe\xf8".to_vec(),
        b"email=a&email=b".to_vec(),
        b"email[]=a&email[x]=b".to_vec(),
        b"&&&===&=&%=%".to_vec(),
        b"a=1&".repeat(40),
        b"email=".iter().copied().chain(std::iter::repeat_n(b'A', 1 << 20)).collect(),
        "sfmark\"'><sfmark>=1&email=x".replace(' ', "+").into_bytes(),
    ]
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// Every name of a field or parameter that the sign-in pages and the protocol ask for, from their source.
fn names() -> Vec<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    let listed = fs::read_to_string(crates.join("pages/src/fields.rs")).unwrap();
    found.extend(
        listed
            .lines()
            .filter_map(|line| Some(line.strip_prefix("pub const ")?.split_once("= \"")?.1))
            .map(|rest| rest.trim_end_matches("\";").to_owned()),
    );
    for entry in fs::read_dir(crates.join("sign-in/src")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for call in ["form.get(\"", "form.has(\"", "given(ask, \""] {
            let names = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(names.map(str::to_owned));
        }
    }
    found.sort();
    found.dedup();
    assert!(found.len() > 30 && ["tx", "client_id", "email"].iter().all(|n| found.iter().any(|f| f == n)), "{found:?}");
    found
}

/// A route as it can be asked for.
struct Route {
    name: &'static str,
    method: &'static str,
    host: &'static str,
    path: String,
}

fn routes() -> Vec<Route> {
    let word = |method: types::Method| match method {
        types::Method::Get => "GET",
        types::Method::Post => "POST",
        other => panic!("a sign-in page for {other}"),
    };
    let all = sign_in::routes().unwrap();
    assert!(all.len() > 60, "{}", all.len());
    let desk = |row: &gateway::SignInRoute| match row.desk {
        gateway::Desk::Id => ID,
        gateway::Desk::App => COFFEE,
        gateway::Desk::Console => CONSOLE,
    };
    all.iter()
        .map(|row| Route {
            name: row.name,
            method: word(row.pattern.method().unwrap()),
            host: desk(row),
            path: row.pattern.path().replace(":name", "sfmark.css"),
        })
        .collect()
}

/// What must hold for any answer.
fn check(asked: &str, raw: &Raw, may_be_cut: bool) {
    assert!(raw.took < PATIENCE, "{asked}: it took {:?}", raw.took);
    if raw.status == 0 {
        assert!(may_be_cut, "{asked}: no answer came");
        return;
    }
    assert!((200..500).contains(&raw.status), "{asked}: {} {}", raw.status, raw.text());
    assert!(raw.field("x-injected").is_none(), "{asked}: {:?}", raw.fields);
    for (name, value) in &raw.fields {
        assert!(!value.contains("<sfmark"), "{asked}: `{name}: {value}`");
    }
    if let Some(way) = raw.field("location") {
        let here = way.starts_with('/') && !way.starts_with("//") && !way.contains('\\');
        let ours = [ID, COFFEE, CONSOLE].iter().any(|host| way.starts_with(&format!("http://{host}:")));
        assert!(here || ours, "{asked}: it leads to {way}");
    }
    let (text, kind) = (raw.text(), raw.field("content-type").unwrap_or_default());
    if kind.starts_with("text/html") {
        for open in ["<sfmark", "sfmark\"'", "sfmark'", "<script>sfmark", "\u{202e}"] {
            assert!(!text.contains(open), "{asked}: it comes back as it went: {open}\n{text}");
        }
    } else if kind.contains("json") && !raw.body.is_empty() {
        let value: serde_json::Value =
            serde_json::from_slice(&raw.body).unwrap_or_else(|e| panic!("{asked}: no JSON: {e}: {text}"));
        if kind == "application/problem+json" {
            assert_eq!(value["status"], raw.status, "{asked}: {text}");
            assert!(value["code"].is_string() && value["title"].is_string() && value["request"].is_string(), "{text}");
        }
    } else {
        assert!(!text.contains("sfmark") || kind.starts_with("text/css"), "{asked}: {kind}: {text}");
    }
    if raw.status >= 400 {
        let words =
            ["panicked", "unwrap()", ".rs:", "RUST_BACKTRACE", "stack backtrace", "expected struct", "thread '"];
        for word in words {
            assert!(!text.contains(word), "{asked}: `{word}` in {text}");
        }
        // Pages of other origins have their style in them, where `::` names a part of an element.
        let said = match text
            .split_once("<style>")
            .and_then(|(before, rest)| Some((before, rest.split_once("</style>")?.1)))
        {
            Some((before, after)) => format!("{before}{after}"),
            None => text.clone(),
        };
        let path = said.match_indices("::").any(|(at, _)| {
            let side = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            side(said[..at].chars().next_back()) && side(said[at + 2..].chars().next())
        });
        assert!(!path, "{asked}: a name of ours in {text}");
    }
}

struct Walker<'a> {
    platform: &'a Platform,
    names: Vec<String>,
    texts: Vec<String>,
    cookies: Option<(String, String)>,
    asked: usize,
}

impl Walker<'_> {
    fn request(&self, route: &Route, query: &[u8]) -> Request {
        let mut target = route.path.clone().into_bytes();
        if !query.is_empty() {
            target.push(b'?');
            target.extend(query);
        }
        let request = Request::new(route.method, route.host, target);
        let request = match &self.cookies {
            Some((host, cookies)) if host == route.host => request.field("cookie", cookies.as_str()),
            _ => request,
        };
        if route.method == "POST" { request.of_own_page(self.platform.port) } else { request.typed() }
    }

    fn go(&mut self, asked: &str, request: &Request, may_be_cut: bool) -> Raw {
        self.asked += 1;
        let raw = request.send(self.platform.port);
        check(asked, &raw, may_be_cut);
        raw
    }

    /// Every name with another value each; over all rounds, every name has every value.
    fn pairs(&self, round: usize) -> String {
        let value = |at: usize| percent(&self.texts[(at * 7 + round) % self.texts.len()]);
        let mut form = String::new();
        // A form may have 32 fields and 16 KiB; those that do not fit come first in another round.
        for step in 0..self.names.len() {
            let at = (step + round * 5) % self.names.len();
            // With an attempt that is none of ours, a page says so and looks at nothing else.
            if self.names[at] == "tx" && !round.is_multiple_of(4) {
                continue;
            }
            let pair = format!("{}={}", self.names[at], value(at));
            if form.matches('&').count() < 30 && form.len() + pair.len() < 15 << 10 {
                if !form.is_empty() {
                    form.push('&');
                }
                form.push_str(&pair);
            }
        }
        form
    }

    fn fields(&mut self, route: &Route) {
        for round in 0..self.texts.len() {
            let form = self.pairs(round);
            let asked = format!("{} {} {}, round {round}", route.name, route.method, route.path);
            let query: String = form.chars().take(7_000).collect();
            let query = query.rsplit_once('&').map_or("", |(whole, _)| whole);
            let request = self.request(route, query.as_bytes());
            let request = if route.method == "POST" { request.body(FORM, form.clone()) } else { request };
            self.go(&asked, &request, false);
        }
    }

    fn alone(&mut self, route: &Route) {
        for name in self.names.clone() {
            for value in [MARK, "\r\nx-injected: sfmark", "[\"<sfmark\"]"] {
                let form = format!("{name}={}", percent(value));
                let asked = format!("{} {} {}: {form}", route.name, route.method, route.path);
                let request = match route.method {
                    "POST" => self.request(route, b"").body(FORM, form),
                    _ => self.request(route, form.as_bytes()),
                };
                self.go(&asked, &request, false);
            }
        }
    }

    fn bodies(&mut self, route: &Route) {
        for bytes in broken() {
            let shown = bytes.escape_ascii().to_string().chars().take(60).collect::<String>();
            let asked = format!("{} {} {}: {shown}", route.name, route.method, route.path);
            let long = bytes.len() > 60_000;
            let plain = bytes.iter().all(|b| (b'!'..=b'~').contains(b));
            if plain && !long {
                self.go(&asked, &self.request(route, &bytes), false);
            }
            if route.method == "POST" {
                self.go(&asked, &self.request(route, b"").body(FORM, bytes), long);
            }
        }
        if route.method != "POST" {
            return;
        }
        let deep = b"[".repeat(20_000);
        for (kind, body) in [
            ("application/json", deep.clone()),
            ("application/json", b"{\"email\":{\"email\":[\"<sfmark>\"]}}".to_vec()),
            ("text/plain", MARK.as_bytes().to_vec()),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n<sfmark>\r\n--x--".to_vec()),
            ("application/x-www-form-urlencoded; charset=utf-16", b"email=a".to_vec()),
            ("", b"email=a".to_vec()),
            ("<sfmark>", b"email=a".to_vec()),
            (FORM, deep),
        ] {
            let asked = format!("{} {}: a body of `{kind}`", route.name, route.path);
            self.go(&asked, &self.request(route, b"").body(kind, body), false);
        }
    }

    fn heads(&mut self, route: &Route) {
        let values: Vec<Vec<u8>> = vec![
            b"".to_vec(),
            MARK.as_bytes().to_vec(),
            b"\xff\xfe\x80".to_vec(),
            "\u{202e}\u{1f4a3}".as_bytes().to_vec(),
            b"a\tb".to_vec(),
            b"%0d%0ax-injected:%20sfmark".to_vec(),
            b"A".repeat(6_000),
            b"[".repeat(6_000),
            b"Bearer ".iter().chain(b"<sfmark>").copied().collect(),
            b"DPoP e30.e30.e30".to_vec(),
            b"__Host-sf-sso=<sfmark>; __Host-sf-session=%00; __Host-sf-half=[[[; __Host-sf-tx-=; __Host-sf-device=\""
                .to_vec(),
            b"__Host-sf-sso=a; __Host-sf-sso=b; =; ;;; x".to_vec(),
            b"__Host-sf-tx-0=a; ".repeat(300),
        ];
        let names = [
            "cookie",
            "user-agent",
            "authorization",
            "dpop",
            "accept",
            "accept-language",
            "referer",
            "origin",
            "sec-fetch-site",
            "sec-fetch-mode",
            "if-none-match",
            "range",
            "x-custom",
        ];
        for name in names {
            for value in &values {
                let mut request = self.request(route, b"");
                request.fields.retain(|(known, _)| known != name);
                let shown = value.escape_ascii().to_string().chars().take(40).collect::<String>();
                let asked = format!("{} {} {}: {name}: {shown}", route.name, route.method, route.path);
                self.go(&asked, &request.field(name, value.clone()), false);
            }
        }
        // A null, or a bare line end, ends the request and not the platform.
        for value in [&b"a\0b"[..], b"a\rb", b"a\r\n x"] {
            let request = self.request(route, b"").field("x-custom", value);
            self.go(&format!("{}: {}", route.path, value.escape_ascii()), &request, false);
        }
    }

    fn places(&mut self, route: &Route) {
        for more in ["/", "/..%2f", "/%00", "/%ff", "/<sfmark>", "/%3Csfmark%3E%22%27", "//", ";x=1", "/%e2%80%ae", "?"]
        {
            let mut target = route.path.clone();
            target.push_str(more);
            let mut request = self.request(route, b"");
            request.target = target.clone().into_bytes();
            self.go(&format!("{} {target}", route.method), &request, false);
        }
        for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "SFMARK"] {
            let mut request = self.request(route, b"");
            request.method = method;
            let raw = self.go(&format!("{method} {}", route.path), &request, false);
            // A page that is there for GET is there for HEAD.
            assert!(method == "HEAD" || raw.status >= 400, "{method} {}: {}", route.path, raw.status);
        }
    }
}

/// A browser of somebody who came by an invitation.
async fn guest_of(platform: &Platform, number: usize) -> Browser {
    let email = format!("guest{number}@example.org");
    let (status, made) =
        platform.api("POST", "/api/v1/invitations", Some(&serde_json::json!({"email": email, "app": "coffee"}))).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let name = format!("Guest {number}");
    let form = [("secret", secret.as_str()), ("name", &*name), ("new_password", PASSWORD)];
    let mut browser = Browser::default();
    let page = browser.send(platform, ID, "/invitation", &form).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    let page = browser.open(platform, COFFEE, "/caller").await;
    assert_eq!(browser.follow(platform, page).await.status(), 200);
    browser
}

async fn platform() -> Platform {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    platform
}

/// Nothing of ours panicked: a room that does is a failure in the log of events, and so is a page that could not be made.
async fn nothing_failed(platform: &Platform) {
    let failed = platform.audit("result=failed&limit=10").await;
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_no_page_that_breaks() {
    let platform = platform().await;
    let mut walker = Walker { platform: &platform, names: names(), texts: texts(), cookies: None, asked: 0 };
    for route in routes() {
        walker.fields(&route);
        walker.alone(&route);
        walker.bodies(&route);
        walker.heads(&route);
        walker.places(&route);
    }
    println!("{} requests", walker.asked);
    assert!(walker.asked > 10_000, "{}", walker.asked);
    nothing_failed(&platform).await;
    assert_eq!(Browser::default().open(&platform, ID, "/sign-in").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signed_in_finds_no_page_that_breaks() {
    let platform = platform().await;
    let mut walker = Walker { platform: &platform, names: names(), texts: texts(), cookies: None, asked: 0 };
    let mut browsers = Vec::new();
    for route in routes().iter().filter(|route| route.host != CONSOLE) {
        // Some pages sign out, remove or replace: then somebody else goes on.
        let alive = match browsers.last_mut() {
            Some(browser) => {
                let browser: &mut Browser = browser;
                browser.open(&platform, ID, "/account").await.status() == 200
                    && browser.open(&platform, COFFEE, "/caller").await.status() == 200
            }
            None => false,
        };
        if !alive {
            browsers.push(guest_of(&platform, browsers.len()).await);
        }
        let jar = &browsers.last().unwrap().jar[route.host];
        let cookies = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        walker.cookies = Some((route.host.to_owned(), cookies));
        walker.fields(route);
        walker.alone(route);
        walker.bodies(route);
    }
    println!("{} requests, {} people", walker.asked, browsers.len());
    nothing_failed(&platform).await;
}
