//! Who is let in, and what those who are not learn.
use bytes::Bytes;
use http::HeaderMap;
use serde_json::json;

use crate::platform::{Platform, Setup, guest};

#[tokio::test(flavor = "multi_thread")]
async fn a_deployed_function_is_locked_until_somebody_proves_who_they_are() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("coffee", &guest("echo-p2"), "").await;

    let stranger = platform.app("coffee", "GET", "/scheme", None, "").await;
    assert_eq!(stranger.status, 401);
    assert_eq!(stranger.headers["content-type"], "application/problem+json");
    let hint = stranger.headers["www-authenticate"].to_str().unwrap();
    let metadata = format!("http://coffee.localhost:{}/.well-known/oauth-protected-resource", platform.port);
    assert!(hint.contains(&metadata), "{hint}");
    let described = platform.app("coffee", "GET", "/.well-known/oauth-protected-resource", None, "").await;
    assert_eq!(
        (described.status.as_u16(), described.json()["resource"].as_str()),
        (200, Some(format!("http://coffee.localhost:{}", platform.port).as_str()))
    );

    let known = platform.app("coffee", "GET", "/scheme", Some(&token), "").await;
    assert_eq!(known.status, 200, "{}", known.text());
    assert!(known.text().contains(&format!("coffee.localhost:{}", platform.port)), "{}", known.text());

    // Nothing tells a stranger which paths exist.
    let nowhere = platform.app("coffee", "GET", "/no/such/path", None, "").await;
    assert_eq!(nowhere.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_get_one_answer_and_leave_their_own_reason() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("coffee", &guest("echo-p2"), "").await;
    platform.deploy("tea", &guest("echo-p2"), "").await;
    let other_app = platform.token("tea").await;
    let (_, made) = platform.api("POST", "/api/v1/tokens/call", Some(&json!({"app": "coffee", "life_s": 10}))).await;
    let expired = made["secret"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let (_, made) = platform.api("POST", "/api/v1/tokens/call", Some(&json!({"app": "coffee"}))).await;
    let revoked = made["secret"].as_str().unwrap().to_owned();
    let id = made["token"]["id"].as_str().unwrap();
    assert_eq!(platform.app("coffee", "GET", "/scheme", Some(&revoked), "").await.status, 200);
    let (status, _) = platform.api("DELETE", &format!("/api/v1/tokens/{id}"), None).await;
    assert!(status.is_success());
    tokio::time::sleep(std::time::Duration::from_millis(10_200)).await;
    let mut unknown = token.clone();
    let last = if unknown.pop() == Some('0') { '1' } else { '0' };
    unknown.push(last);

    let mut bodies = Vec::new();
    let tried = [
        ("wrong", unknown.as_str()),
        ("expired", &expired),
        ("revoked", &revoked),
        ("other app", &other_app),
        ("control API", &platform.owner),
    ];
    for (what, token) in tried {
        let answer = platform.app("coffee", "GET", "/scheme", Some(token), "").await;
        assert_eq!(answer.status, 401, "{what}");
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("request");
        bodies.push(body);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:?}");
    let events = platform.audit("result=refused&app=coffee&limit=20").await;
    let reasons: Vec<_> = events.iter().take(tried.len()).map(|e| e["outcome"]["reason"].to_string()).collect();
    let distinct: std::collections::BTreeSet<_> = reasons.iter().collect();
    assert!(distinct.len() >= 4, "wrong, expired, revoked and foreign are told apart for the operator: {reasons:?}");

    // An app's token opens nothing of the control API.
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let answer = platform.send("console.localhost", "GET", "/api/v1/apps", headers, Bytes::new()).await.unwrap();
    assert_eq!(answer.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_look_like_an_identity_are_refused_and_written_down() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("coffee", &guest("echo-p2"), "").await;
    for name in [
        "x-forwarded-user",
        "X-Forwarded-Email",
        "sf-user",
        "x-sf-caller",
        "remote-user",
        "x-auth-request-email",
        "x-ms-client-principal",
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(http::HeaderName::from_bytes(name.to_lowercase().as_bytes()).unwrap(), "admin".parse().unwrap());
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        let answer = platform.send("coffee.localhost", "GET", "/scheme", headers, Bytes::new()).await.unwrap();
        assert_eq!(answer.status, 400, "{name}");
    }
    let events = platform.audit("kind=security&limit=50").await;
    assert_eq!(events.iter().filter(|e| e["note"] == "reserved-header").count(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn access_words_mean_what_they_say() {
    let platform = Platform::claimed(&Setup::default()).await;
    let echo = guest("echo-p2");
    let refused = platform.try_deploy("open", &std::fs::read(&echo).unwrap(), "access = \"public\"").await;
    assert_eq!(refused.0, "refused", "public without a reason: {}", refused.1);
    platform.deploy("open", &echo, "access = \"public\"\nreason = \"a test that everybody may read\"").await;
    assert_eq!(platform.app("open", "GET", "/scheme", None, "").await.status, 200);

    let owner = platform.deploy("shut", &echo, "access = \"closed\"").await;
    assert_eq!(platform.app("shut", "GET", "/scheme", Some(&owner), "").await.status, 403);
    assert_eq!(platform.app("shut", "GET", "/scheme", None, "").await.status, 401);

    platform.deploy("robots", &echo, "access = \"workloads\"\ncallers = [\"till\"]").await;
    let token = |service: &'static str| {
        let platform = &platform;
        async move {
            let (status, made) =
                platform.api("POST", "/api/v1/apps/robots/tokens", Some(&json!({"service": service}))).await;
            assert!(status.is_success(), "{made}");
            made["secret"].as_str().unwrap().to_owned()
        }
    };
    let (till, other) = (token("till").await, token("other").await);
    assert_eq!(platform.app("robots", "GET", "/scheme", Some(&till), "").await.status, 200);
    assert_eq!(platform.app("robots", "GET", "/scheme", Some(&other), "").await.status, 403);
    assert!(till.starts_with("sfs_") && owner.starts_with("sfp_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_works_once_and_only_the_newest() {
    let platform = Platform::start(&Setup::default());
    let old = platform.claim_code(&[]);
    let new = platform.claim_code(&[]);
    let redeem = |code: String| {
        let platform = &platform;
        async move { platform.api("POST", "/api/v1/claim", Some(&json!({"code": code, "name": "Ann"}))).await.0 }
    };
    assert_eq!(redeem(old).await, 403, "a newer link voids the older");
    assert!(redeem(new.clone()).await.is_success());
    assert_eq!(redeem(new).await, 403, "a link works once");
    let ran = platform.cli_in(&platform.data(), &["claim"]);
    assert_ne!(ran.code, 0, "with an owner, a new claim needs a word more");
    assert!(!platform.claim_code(&["--again"]).is_empty());
    // Not over the network, whatever the address.
    let (status, _) = platform.api("POST", "/api/v1/claim/issue", Some(&json!({}))).await;
    assert_eq!(status, 401);
}

/// Another owner: their id, and the token of their command line.
async fn another(platform: &Platform, name: &str) -> (String, String) {
    let body = json!({"code": platform.claim_code(&["--again"]), "name": name});
    let (status, made) = platform.api("POST", "/api/v1/claim", Some(&body)).await;
    assert!(status.is_success(), "{status} {made}");
    (made["person"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

async fn as_somebody(
    platform: &Platform,
    token: &str,
    method: &str,
    path: &str,
    body: &str,
) -> crate::platform::Answer {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers.insert("content-type", "application/json".parse().unwrap());
    platform.send("console.localhost", method, path, headers, Bytes::copy_from_slice(body.as_bytes())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_or_revoked_is_out_at_once_with_all_that_was_made_from_it() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("bench-hello"), "access = \"signed-in\"\n").await;
    let (ada, laptop) = another(&platform, "Ada").await;
    let call = async |laptop: &str| {
        let made = as_somebody(&platform, laptop, "POST", "/api/v1/tokens/call", "{\"app\": \"coffee\"}").await;
        assert!(made.status.is_success(), "{}", made.text());
        made.json()["secret"].as_str().unwrap().to_owned()
    };
    let reach = async |token: &str| platform.app("coffee", "GET", "/", Some(token), "").await.status.as_u16();
    let token = call(&laptop).await;
    assert_eq!(reach(&token).await, 200);

    // By the owner, and back; then by the host.
    for (disable, enable) in [
        (&["people", "disable", "Ada", "--host"][..], &["people", "enable", "Ada", "--host"][..]),
        (&["people", "disable", &ada, "--host", "--json"][..], &["people", "enable", &ada, "--host"][..]),
    ] {
        let ran = platform.cli_in(&platform.data(), disable);
        assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
        assert_eq!(reach(&token).await, 401, "what was made by a disabled person");
        assert_eq!(as_somebody(&platform, &laptop, "GET", "/api/v1/whoami", "").await.status, 401);
        let ran = platform.cli_in(&platform.data(), enable);
        assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
        assert_eq!(reach(&token).await, 200, "nothing was removed");
    }
    let path = format!("/api/v1/people/{ada}");
    let (status, view) = platform.api("PUT", &path, Some(&json!({"disabled": true}))).await;
    assert_eq!((status.as_u16(), &view["name"]), (200, &json!("Ada")), "{view}");
    assert_eq!(reach(&token).await, 401);
    let (status, _) = platform.api("PUT", &path, Some(&json!({"disabled": false}))).await;
    assert_eq!(status, 200);
    let own =
        platform.api("PUT", &format!("/api/v1/people/{}", platform.person), Some(&json!({"disabled": true}))).await;
    assert_eq!(own.0, 409, "{}", own.1);
    let acts = platform.audit("action=people-manage&kind=control&limit=20").await;
    assert_eq!(acts.len(), 7, "each act, refused ones too, has its end in the log");

    // The command line itself: its calls end with it.
    let listed = as_somebody(&platform, &laptop, "GET", "/api/v1/tokens", "").await.json();
    let tokens = listed["tokens"].as_array().unwrap();
    let id = tokens.iter().find(|t| t["use"] == "cli").unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(reach(&token).await, 200);
    let (status, _) = platform.api("DELETE", &format!("/api/v1/tokens/{id}"), None).await;
    assert!(status.is_success());
    assert_eq!(reach(&token).await, 401, "its call token has minutes left, and counts no more");
}
