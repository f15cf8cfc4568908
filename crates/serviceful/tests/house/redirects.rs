//! Redirects: whatever a link, a form or a client says of where to go, everybody ends at an origin of the platform. Where a browser
//! would go is asked of a parser that is not ours (WHATWG URL, in node).
use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use http::HeaderMap;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, encode},
    chromium::tools,
    oauth_client::{LOOPBACK, house, url},
    platform::Platform,
    sign_in::{COFFEE, ID},
    wire::Request,
};

/// Spellings of elsewhere: each beginning with each host, and those that fit no pattern.
fn elsewhere(own: &str) -> Vec<String> {
    let begins = [
        "https://",
        "http://",
        "HTTPS://",
        "hTTp://",
        "https:",
        "https:/",
        "https:///",
        "http:\\\\",
        "https:/\\",
        "//",
        "///",
        "////",
        "/\\",
        "\\\\",
        "\\/",
        "/\\/",
        "/\t/",
        "/\n/",
        "/\r\n/",
        "\t//",
        " //",
        "\u{a0}//",
        "\u{1}//",
        "/%09/",
        "/%0a/",
        "/%2f",
        "%2f%2f",
        "/%5c",
        "//%5c",
        "/.//",
        "/..//",
        "/./\\",
        "/x/../..//",
        "/;@",
        "/:@",
        "\u{2215}\u{2215}",
        "\u{ff0f}\u{ff0f}",
        "ws://",
        "ftp://",
        "blob:https://",
        "view-source:http://",
        "x:",
    ];
    let hosts = [
        "evil.example".to_owned(),
        "evil.example:443".to_owned(),
        "evil.example.".to_owned(),
        "EVIL.example".to_owned(),
        "evil\u{3002}example".to_owned(),
        "evil\u{ff0e}example".to_owned(),
        "\u{ff45}\u{ff56}\u{ff49}\u{ff4c}.example".to_owned(),
        "evil%E3%80%82example".to_owned(),
        "xn--evil-9d0b.example".to_owned(),
        "ev\u{ad}il.example".to_owned(),
        format!("{own}@evil.example"),
        format!("{own}:80@evil.example"),
        format!("{own}%40evil.example"),
        format!("{own}\\@evil.example"),
        format!("evil.example\\@{own}"),
        format!("evil.example#{own}"),
        format!("evil.example?{own}"),
        format!("evil.example/{own}"),
        format!("{own}.evil.example"),
        format!("{own}\u{3002}evil.example"),
        format!("evil.example%00.{own}"),
        format!("evil.example\t.{own}"),
        format!("evil{own}"),
        "[::ffff:1.2.3.4]".to_owned(),
        "0x7f.1".to_owned(),
        "2130706433".to_owned(),
    ];
    let mut all = Vec::new();
    for (n, begin) in begins.iter().enumerate() {
        // Not every pair; each beginning with a third of the hosts, each host with a third of the beginnings.
        all.extend(hosts.iter().skip(n % 3).step_by(3).map(|host| format!("{begin}{host}")));
    }
    let by_hand = [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "javascript://%0aalert(1)",
        "/javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:text/html;base64,PHNjcmlwdD4=",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "about:blank",
        "mailto:a@evil.example",
        "evil.example",
        "@evil.example",
        ".evil.example",
        "..",
        "../../evil.example",
        "/..;/evil.example",
        "/%2e%2e/%2e%2e//evil.example",
        "/caller/../../evil.example//",
        "?next=//evil.example",
        "#//evil.example",
        "/\r\nlocation: https://evil.example",
        "/%0d%0alocation:%20https://evil.example",
        "/%E5%98%8D%E5%98%8Alocation:%20https://evil.example",
        "/\u{560a}\u{560d}location: https://evil.example",
        "<a href=//evil.example>",
        "https://[evil.example]",
        "https://evil.example:99999",
        "https://evil%2eexample",
        "https:evil.example",
        "https://%65vil.example",
        "https://user:pass@evil.example",
        "https://@evil.example",
        "https://:@evil.example",
        "https://evil.example%2f@id.localhost",
        "\u{feff}https://evil.example",
        "\u{202e}elpmaxe.live//:sptth",
    ];
    all.extend(by_hand.map(str::to_owned));
    all
}

/// The origins to which a browser would go from each page by each `Location`.
fn origins(ways: &[(String, String)]) -> Vec<String> {
    let script = "let t='';process.stdin.on('data',d=>t+=d).on('end',()=>process.stdout.write(JSON.stringify(\
                  JSON.parse(t).map(([base,to])=>{try{return new URL(to,base).origin}catch(e){return 'nowhere'}}))))";
    let mut child = Command::new(tools().join("node"))
        .args(["-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!(ways).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Nobody leaves: with each way, where it was said.
fn all_stay(platform: &Platform, ways: &[(String, String, String)]) {
    let pairs: Vec<(String, String)> = ways.iter().map(|(_, base, to)| (base.clone(), to.clone())).collect();
    let ours = [ID, COFFEE, "console.localhost"].map(|host| url(platform, host, ""));
    for ((asked, base, to), origin) in ways.iter().zip(origins(&pairs)) {
        assert!(ours.contains(&origin), "{asked} at {base} leads to {origin}: {to}");
    }
}

#[test]
fn the_other_parser_goes_where_it_is_led() {
    let base = "http://id.localhost:1/sign-in".to_owned();
    let mut ways: Vec<(String, String)> = elsewhere(COFFEE).into_iter().map(|to| (base.clone(), to)).collect();
    assert!(ways.len() > 350, "{}", ways.len());
    ways.push((base, "/account".to_owned()));
    let found = origins(&ways);
    assert_eq!(found.last().unwrap(), "http://id.localhost:1");
    let away = found.iter().filter(|origin| *origin != "http://id.localhost:1" && *origin != "nowhere").count();
    assert!(away > 150, "what is tried here is worth trying: {away}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_elsewhere_is_where_anybody_ends() {
    let (platform, signed_in) = house().await;
    let own = format!("{COFFEE}:{}", platform.port);
    let all = elsewhere(&own);
    let mut ways = Vec::new();

    // By names that such parameters have, at every page that leads somewhere.
    let names = ["to", "next", "return_to", "target", "url", "redirect", "redirect_uri", "continue", "rd", "tx", "iss"];
    let cookies = |host: &str| {
        let jar = signed_in.jar.get(host).cloned().unwrap_or_default();
        jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    };
    for (host, path) in [
        (ID, "/"),
        (ID, "/sign-in"),
        (ID, "/confirm"),
        (ID, "/account"),
        (ID, "/cli/done"),
        (ID, "/oauth/authorize"),
        (COFFEE, "/.sf/sign-in"),
        (COFFEE, "/.sf/account"),
        (COFFEE, "/.sf/confirm"),
        (COFFEE, "/.sf/callback"),
        ("console.localhost", "/claim"),
    ] {
        for (n, evil) in all.iter().enumerate() {
            let query = format!("{}={}", names[n % names.len()], encode(evil));
            let asked = Request::new("GET", host, format!("{path}?{query}")).typed().field("cookie", cookies(host));
            let raw = asked.send(platform.port);
            assert!((200..500).contains(&raw.status), "{host}{path}?{query}: {}", raw.status);
            if let Some(to) = raw.field("location") {
                ways.push((format!("{path}?{query}"), url(&platform, host, path), to.to_owned()));
            }
        }
    }

    // What a confirmation leads back to is on its form: one of our own pages.
    let mut browser = signed_in.clone();
    for evil in &all {
        let page = browser.open(&platform, ID, &format!("/confirm?to={}", encode(evil))).await;
        assert_eq!(page.status(), 200, "{evil}: {}", page.text());
        assert_eq!(page.field("to"), "/account", "{evil}");
    }
    for ours in ["/account/passkeys", "/account/password", "/account/authenticator"] {
        let page = browser.open(&platform, ID, &format!("/confirm?to={}", encode(ours))).await;
        assert_eq!(page.field("to"), ours);
    }

    // As the page that somebody without a session wants to open, byte by byte and as a query; through sign-in and back.
    let mut reached = 0;
    for evil in &all {
        let path = if evil.starts_with('/') { evil.clone() } else { format!("/{evil}") };
        for target in [path, format!("/caller?next={}", encode(evil))] {
            let raw = Request::new("GET", COFFEE, target.clone()).typed().send(platform.port);
            let Some(way) = raw.field("location") else {
                assert!(raw.status >= 400, "{target:?}: {}", raw.status);
                continue;
            };
            let mut browser = Browser::default();
            browser.jar.insert(ID.to_owned(), signed_in.jar[ID].clone());
            let set = raw.fields.iter().filter(|(name, _)| name == "set-cookie");
            for (_, cookie) in set {
                let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
                browser.jar.entry(COFFEE.to_owned()).or_default().insert(name.to_owned(), value.to_owned());
            }
            ways.push((target.clone(), url(&platform, COFFEE, "/"), way.to_owned()));
            let mut at = (COFFEE, way.to_owned());
            for _ in 0..5 {
                let (host, path) = split(&platform, at.0, &at.1);
                let page = browser.open(&platform, host, &path).await;
                if page.status() != 303 {
                    assert!(page.status() == 200 || page.status() == 404 || page.status() == 400, "{target:?}");
                    reached += 1;
                    break;
                }
                ways.push((target.clone(), url(&platform, host, &path), page.location()));
                at = (host, page.location());
            }
        }
    }
    assert!(reached > all.len(), "most arrive at the app again: {reached}");

    // As the page that a form was on, which was sent when the function wanted more.
    for evil in &all {
        let Ok(referer) = http::HeaderValue::from_str(evil) else { continue };
        let raw = Request::new("POST", COFFEE, "/caller")
            .body("application/x-www-form-urlencoded", "a=1")
            .of_own_page(platform.port)
            .field("referer", referer.as_bytes())
            .send(platform.port);
        assert!((400..500).contains(&raw.status) && raw.field("location").is_none(), "{evil:?}: {}", raw.status);
    }
    println!("{} spellings, {} redirects", all.len(), ways.len());
    assert!(ways.len() > 1_000, "{}", ways.len());
    all_stay(&platform, &ways);

    // And the honest ones arrive where they wanted to go.
    for honest in [
        "/caller",
        "/caller?x=1&y=2",
        "/a/caller?next=/orders%2F1",
        "/caller?u=https%3A%2F%2Fevil.example%2F",
        "/%C3%A4/caller?q=%C3%A4%20%2B",
        "/@a/~b/caller?;=:@",
    ] {
        let mut browser = Browser::default();
        browser.jar.insert(ID.to_owned(), signed_in.jar[ID].clone());
        let page = browser.open(&platform, COFFEE, honest).await;
        let page = browser.follow(&platform, page).await;
        assert_eq!((page.status(), page.host.as_str(), page.path.as_str()), (200, COFFEE, honest), "{}", page.text());
    }
}

/// Host and path of a `Location`, which the end of the test judges; what leads away is not followed.
fn split<'a>(platform: &Platform, from: &'a str, way: &str) -> (&'a str, String) {
    for host in [ID, COFFEE] {
        if let Some(path) = way.strip_prefix(&url(platform, host, "")) {
            return (if host == ID { ID } else { COFFEE }, path.to_owned());
        }
    }
    assert!(way.starts_with('/') && !way.starts_with("//"), "{way}");
    (from, way.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_sent_to_its_own_computer_or_nowhere() {
    let (platform, _) = house().await;
    let mut all = elsewhere("127.0.0.1:47111");
    // Near the one that is allowed.
    let near = [
        "http://127.0.0.1:47111/callback/",
        "http://127.0.0.1:47111/callback?",
        "http://127.0.0.1:47111/callback#",
        "http://127.0.0.1:47111//callback",
        "http://127.0.0.1:47111/./callback",
        "http://127.0.0.1:47111/Callback",
        "http://127.0.0.1:47111/callback;x",
        "http://127.0.0.1:47111\\callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:00047111/callback",
        "http://127.0.0.1:65537/callback",
        "http://127.000.000.001:47111/callback",
        "http://127.1:47111/callback",
        "http://0:47111/callback",
        "http://0.0.0.0:47111/callback",
        "http://127.0.0.1.:47111/callback",
        "http://127.0.0.2:47111/callback",
        "http://localhost:47111/callback",
        "http://LOCALHOST:47111/callback",
        "https://127.0.0.1:47111/callback",
        "http://[::1%25lo]:47111/callback",
        "http://[0::1]:47111/callback",
        "http://[::ffff:7f00:1]:47111/callback",
        "http://127.0.0.1@evil.example:47111/callback",
        "http://evil.example@127.0.0.1:47111/callback",
        "http://127.0.0.1:47111/callback\u{0}",
        "http://127.0.0.1:47111/callback\r\nx: y",
        "http://127.0.0.1:47111/callb%61ck",
        "http://\u{ff11}27.0.0.1:47111/callback",
        "http://127\u{3002}0\u{3002}0\u{3002}1:47111/callback",
        "com.example.app:/callback",
        "urn:ietf:wg:oauth:2.0:oob:",
        "URN:ietf:wg:oauth:2.0:oob",
        "*",
        "http://*/callback",
    ];
    all.extend(near.map(str::to_owned));
    let ask = async |redirect: &str| {
        let key = crate::key_holder::KeyHolder::new();
        let challenge = crate::key_holder::sha256(&crate::key_holder::random());
        let state = crate::key_holder::random();
        let form = [
            ("client_id", "serviceful-cli"),
            ("response_type", "code"),
            ("redirect_uri", redirect),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("state", state.as_str()),
        ];
        let form = form.map(|(name, value)| format!("{name}={}", encode(value))).join("&");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        let proof = key.prove("POST", &url(&platform, ID, "/oauth/par"), None);
        headers.insert("dpop", proof.parse().unwrap());
        platform.send(ID, "POST", "/oauth/par", headers, form.into()).await.unwrap()
    };
    for redirect in [LOOPBACK, "http://[::1]:1/callback", "urn:ietf:wg:oauth:2.0:oob"] {
        assert_eq!(ask(redirect).await.status, 201, "{redirect}");
    }
    for redirect in &all {
        let refused = ask(redirect).await;
        assert_eq!(refused.status.as_u16(), 400, "{redirect:?}: {}", refused.text());
        let said: Value = refused.json();
        // A null or a line end is no form at all.
        let known = said["error"] == "invalid_request" || said["code"] == "DOOR-001";
        assert!(known && !refused.text().contains("evil"), "{redirect:?}: {said}");
        assert!(!refused.headers.contains_key("location"), "{redirect:?}");
    }
    println!("{} redirects refused", all.len());
}
