//! Components of both WASI versions and of other makers, unmodified.
use std::collections::HashSet;

use bytes::Bytes;
use http::HeaderMap;

use crate::platform::{Platform, Setup, guest};

#[tokio::test(flavor = "multi_thread")]
async fn both_wasi_versions_answer_and_share_nothing_between_requests() {
    let platform = Platform::claimed(&Setup::default()).await;
    for (app, name) in [("two", "echo-p2"), ("three", "echo-p3")] {
        let token = platform.deploy(app, &guest(name), "").await;
        let body = Bytes::from(vec![7u8; 300_000]);
        let echo = platform.app(app, "POST", "/echo", Some(&token), body.clone()).await;
        assert_eq!(echo.status, 200, "{name}: {}", echo.text());
        assert_eq!(echo.body, body, "{name}");
        let mut states = HashSet::new();
        for _ in 0..50 {
            states.insert(platform.app(app, "GET", "/state", Some(&token), "").await.text());
        }
        assert_eq!(states.len(), 1, "{name}: every request finds the same fresh state: {states:?}");
        let seeds: HashSet<String> =
            futures_util::future::join_all((0..20).map(|_| platform.app(app, "GET", "/seed", Some(&token), "")))
                .await
                .into_iter()
                .map(|answer| answer.text())
                .collect();
        assert_eq!(seeds.len(), 20, "{name}: no two requests draw the same randomness");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_there_that_was_not_granted() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("probe", &guest("echo-p2"), "").await;
    let env = platform.app("probe", "GET", "/env", Some(&token), "").await;
    assert_eq!(env.status, 200);
    let fs = platform.app("probe", "GET", "/fs", Some(&token), "").await;
    assert_eq!(fs.status, 200, "{}", fs.text());
    let outgoing = platform.app("probe", "GET", "/outgoing", Some(&token), "").await;
    assert!(outgoing.text().to_lowercase().contains("denied"), "{}", outgoing.text());
    let events = platform.audit("kind=security&action=hatch-denied&limit=10").await;
    assert!(!events.is_empty(), "a denied hatch is written down");
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers.insert("cookie", "a=b".parse().unwrap());
    let seen =
        platform.send("probe.localhost", "GET", "/headers", headers, Bytes::new()).await.unwrap().text().to_lowercase();
    assert!(!seen.contains("authorization") && !seen.contains("cookie") && !seen.contains(&token), "{seen}");
    let caller = platform.app("probe", "GET", "/caller", Some(&token), "").await.text();
    assert!(caller.contains(&platform.person), "{caller}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_prints_is_in_its_log_with_the_request() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("chatty", &guest("echo-p2"), "").await;
    let answer = platform.app("chatty", "GET", "/stdout", Some(&token), "").await;
    let request = answer.headers["sf-request"].to_str().unwrap().to_owned();
    let mut text = String::new();
    for _ in 0..50 {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", platform.owner).parse().unwrap());
        text = platform
            .send("console.localhost", "GET", "/api/v1/apps/chatty/logs?tail=50", headers, Bytes::new())
            .await
            .unwrap()
            .text();
        if text.contains(&request) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(text.contains(&request) && text.contains("stdout") && text.contains("stderr"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_another_ecosystem_runs_unmodified() {
    let platform = Platform::claimed(&Setup::default()).await;
    let limits =
        "limits = { memory_mib = 128, cpu_ms = 5000 }\n[limits]\ncompile_cpu_s = 100\ncompile_memory_mib = 4096";
    let token = platform.deploy("foreign", &guest("foreign-js"), limits).await;
    assert_eq!(platform.app("foreign", "GET", "/", None, "").await.status, 401);
    let answer = platform.app("foreign", "GET", "/", Some(&token), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
