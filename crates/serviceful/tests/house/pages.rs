//! Refusals, as people and programs read them: a page for whoever waits at a browser, problem+json for everybody else.
use http::HeaderMap;

use crate::{
    browser::{Browser, Page},
    platform::{Platform, Setup, guest},
    sign_in::ID,
};

const CONSOLE: &str = "console.localhost";

/// Asked as by a program.
async fn asked(platform: &Platform, method: &str, host: &str, path: &str) -> Page {
    let answer = platform.send(host, method, path, HeaderMap::new(), bytes::Bytes::new()).await.unwrap();
    Page { host: host.to_owned(), path: path.to_owned(), answer }
}

fn is_page(page: &Page, status: u16, said: &str) {
    assert_eq!(page.status(), status, "{} {}: {}", page.host, page.path, page.text());
    assert_eq!(page.answer.headers["content-type"], "text/html; charset=utf-8", "{}", page.text());
    assert_eq!(page.answer.headers["cache-control"], "no-store");
    let policy = page.answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(page.text().starts_with("<!doctype html>") && page.text().contains("<h1>"), "{}", page.text());
    assert!(page.text().contains(said), "{said}: {}", page.text());
    let request = page.answer.headers["sf-request"].to_str().unwrap();
    assert!(page.text().contains(request), "whoever is asked about it can find it");
}

fn is_problem(page: &Page, status: u16, code: &str) {
    assert_eq!(page.status(), status, "{}", page.text());
    assert_eq!(page.answer.headers["content-type"], "application/problem+json");
    assert_eq!(page.answer.json()["code"], code);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_reads_pages_and_a_program_problems() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("open", &guest("bench-hello"), "access = \"public\"\nreason = \"a test\"").await;
    let mut browser = Browser::default();

    // Addresses that are none, of the sign-in pages and of an app.
    is_page(&browser.open(&platform, ID, "/nothing/at/all").await, 404, "There is nothing here");
    is_page(&browser.open(&platform, ID, "/assets/pages.0000000000000000.css").await, 404, "There is nothing here");
    is_problem(&asked(&platform, "GET", ID, "/nothing/at/all").await, 404, "POL-002");
    let page = browser.open(&platform, "open.localhost", "/.sf/nothing").await;
    is_page(&page, 404, "There is nothing here");
    assert!(page.text().contains("href=\"/.sf/assets/pages."), "with its style: {}", page.text());

    // An address that only a form is sent to.
    let page = browser.open(&platform, ID, "/sign-in/password").await;
    is_page(&page, 405, "This address does not open");
    assert_eq!(page.answer.headers["allow"], "POST");
    assert!(page.text().contains("href=\"/sign-in\""), "{}", page.text());
    for (method, path, allow) in [("GET", "/sign-in/password", "POST"), ("DELETE", "/sign-in", "GET, POST, HEAD")] {
        let page = asked(&platform, method, ID, path).await;
        is_problem(&page, 405, "DOOR-007");
        assert_eq!(page.answer.headers["allow"], allow, "{method} {path}");
    }

    // The console, which has no pages; a host that is none of ours, which has no style either.
    let page = browser.open(&platform, CONSOLE, "/").await;
    is_page(&page, 401, "serviceful login");
    assert!(page.answer.headers.contains_key("www-authenticate"), "a 401 says what it wants");
    is_problem(&asked(&platform, "GET", CONSOLE, "/").await, 401, "ID-001");
    for host in ["nobody.localhost", "evil.example"] {
        let page = browser.open(&platform, host, "/").await;
        is_page(&page, 421, "No app answers here");
        assert!(page.text().contains("<style>") && !page.text().contains("href=") && !page.text().contains(host));
        is_problem(&asked(&platform, "GET", host, "/").await, 421, "DOOR-003");
    }

    // What another site's page sends is refused on a page, too; a script of it reads nothing of ours.
    let origin = [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")];
    let form = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let fields = [&origin[..], &form[..], &[kind]].concat();
    let page = browser.request(&platform, "POST", ID, "/sign-in", &fields, "email=x".to_owned()).await;
    is_page(&page, 403, "This is not allowed");
    let fields = [&origin[..], &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), kind]].concat();
    let page = browser.request(&platform, "POST", ID, "/sign-in", &fields, "email=x".to_owned()).await;
    assert_eq!(page.answer.headers["content-type"], "application/problem+json", "{}", page.text());

    // Each is an event all the same.
    let events = platform.audit("result=refused&limit=50").await;
    for code in ["POL-002", "DOOR-007", "ID-001", "DOOR-003", "DOOR-008"] {
        assert!(events.iter().any(|event| event["outcome"]["code"] == code), "{code}: {events:?}");
    }
}

/// Before the first deployment of an app is ready there is nothing to be let in to, and everybody is told so.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_a_deployment_says_so() {
    let platform = Platform::claimed(&Setup::default()).await;
    // It is accepted, and then found to be no component.
    let (phase, said) = platform.try_deploy("early", b"\0asm\x0d\0\x01\0\x07\xff\xff", "").await;
    assert_eq!(phase, "failed", "{said}");
    let token = platform.token("early").await;
    for path in ["/", "/orders/7"] {
        let page = asked(&platform, "GET", "early.localhost", path).await;
        is_problem(&page, 503, "POL-004");
        assert_eq!(page.answer.headers["retry-after"], "5");
        let said = page.answer.json();
        assert!(said.get("detail").is_none() && said.get("next").is_none(), "a stranger hears no more: {said}");
    }
    let page = Browser::default().open(&platform, "early.localhost", "/").await;
    is_page(&page, 503, "Nothing is here yet");
    assert_eq!(
        (&page.answer.headers["refresh"], &page.answer.headers["retry-after"]),
        (&"5".parse().unwrap(), &"5".parse().unwrap())
    );
    assert!(!page.text().contains("early-") && page.text().contains("looks again by itself"), "{}", page.text());

    let said = platform.app("early", "GET", "/", Some(&token), "").await;
    assert_eq!((said.status.as_u16(), &said.json()["code"]), (503, &"POL-004".into()), "{}", said.text());
    assert!(said.json()["next"].as_str().is_some_and(|next| next.contains("serviceful deploy")), "{}", said.text());

    // A first deployment that succeeds asks who they are, like any.
    platform.deploy("early", &guest("bench-hello"), "").await;
    assert_eq!(asked(&platform, "GET", "early.localhost", "/").await.status(), 401);
    assert_eq!(Browser::default().open(&platform, "early.localhost", "/").await.status(), 303);
    assert_eq!(platform.app("early", "GET", "/", Some(&token), "").await.status, 200);
}
