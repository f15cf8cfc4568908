//! The keys that access tokens are signed with: seen, published, replaced, and dropped in an emergency.
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    oauth_client::{Attempt, LOOPBACK, house, url},
    platform::Platform,
    sign_in::ID,
};

async fn published(platform: &Platform) -> (Vec<Value>, String) {
    let answer = platform.send(ID, "GET", "/oauth/jwks", HeaderMap::new(), Bytes::new()).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kept = answer.headers["cache-control"].to_str().unwrap().to_owned();
    (answer.json()["keys"].as_array().unwrap().clone(), kept)
}

fn ids(keys: &[Value]) -> Vec<&str> {
    keys.iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_published_a_day_before_they_sign() {
    let (platform, mut browser) = house().await;
    let found = platform
        .send(ID, "GET", "/.well-known/oauth-authorization-server", HeaderMap::new(), Bytes::new())
        .await
        .unwrap();
    assert_eq!(found.json()["jwks_uri"], url(&platform, ID, "/oauth/jwks"));
    let (first, kept) = published(&platform).await;
    assert_eq!((first.len(), kept.as_str()), (1, "public, max-age=300"));
    assert_eq!((&first[0]["alg"], &first[0]["use"], &first[0]["kty"]), (&json!("ES256"), &json!("sig"), &json!("EC")));
    assert!(first[0].get("d").is_none());

    let listed = platform.cli_in(&platform.data(), &["keys", "list", "--json", "--host"]);
    let listed: Value =
        serde_json::from_str(&listed.out).unwrap_or_else(|e| panic!("{e} {} {}", listed.out, listed.err));
    assert_eq!((&listed["keys"][0]["id"], &listed["keys"][0]["stage"]), (&first[0]["kid"], &json!("active")));

    // By hand before its time: both are published, the first still signs, and a second wish finds that it is on its way.
    let host = |arguments: &[&str]| platform.cli_in(&platform.data(), &[arguments, &["--host"]].concat());
    let ran = host(&["keys", "rotate"]);
    assert!(ran.code == 0 && ran.out.contains("next") && ran.out.contains("active"), "{} {}", ran.out, ran.err);
    let (both, _) = published(&platform).await;
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    let attempt = Attempt::new(LOOPBACK);
    let (access, _) = attempt.tokens(&platform, &mut browser).await;
    let header = data_encoding::BASE64URL_NOPAD.decode(access.split('.').next().unwrap().as_bytes()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header, json!({"typ": "at+jwt", "alg": "ES256", "kid": first[0]["kid"]}));
    let ran = host(&["keys", "rotate"]);
    assert!(ran.code == 1 && ran.err.contains("published already") && ran.err.contains("--emergency"), "{}", ran.err);

    // An owner may ask for it, too.
    let (status, list) = platform.api("GET", "/api/v1/keys", None).await;
    assert_eq!((status.as_u16(), list["keys"].as_array().map(Vec::len)), (200, Some(2)), "{list}");
    let (status, said) = platform.api("POST", "/api/v1/keys/rotate", Some(&json!({"emergency": false}))).await;
    assert_eq!((status.as_u16(), &said["code"]), (409, &json!("CTL-003")), "{said}");

    // What the platform and the keeper have on record, and what posture says.
    let events = platform.audit("kind=key&limit=20").await;
    assert!(events.iter().any(|event| event["action"] == "key-published"), "{events:?}");
    let posture = host(&["posture"]);
    assert!(posture.out.contains("token keys: ES256") && posture.out.contains("1 next"), "{}", posture.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_is_owners_and_operators_alone_and_leaves_nothing() {
    let (platform, mut browser) = house().await;
    let attempt = Attempt::new(LOOPBACK);
    let (access, refresh) = attempt.tokens(&platform, &mut browser).await;
    assert_eq!(attempt.whoami(&platform, &access).await.status, 200);
    let (before, _) = published(&platform).await;

    // Neither strangers, nor a service, nor an app's token; and nobody without being asked.
    let body = json!({"emergency": true}).to_string();
    let service = platform.token("coffee").await;
    for token in [None, Some(&service)] {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let path = "/api/v1/keys/rotate";
        let refused =
            platform.send("console.localhost", "POST", path, headers, Bytes::from(body.clone())).await.unwrap();
        assert_eq!(refused.status, 401, "{}", refused.text());
    }
    let ran = platform.cli_in(&platform.data(), &["keys", "rotate", "--emergency", "--host"]);
    assert!(ran.code == 2 && ran.err.contains("--yes") && ran.err.contains("everybody"), "{} {}", ran.out, ran.err);
    assert_eq!(published(&platform).await.0, before, "nothing was changed");

    let ran = platform.cli_in(&platform.data(), &["keys", "rotate", "--emergency", "--yes", "--host"]);
    assert!(
        ran.code == 0 && ran.err.contains("every former key is gone; 1 session and 1 command line ended"),
        "{} {}",
        ran.out,
        ran.err
    );
    let (after, _) = published(&platform).await;
    assert!(after.len() == 1 && ids(&before).iter().all(|old| !ids(&after).contains(old)));
    assert_eq!(attempt.whoami(&platform, &access).await.status, 401);
    let over = attempt.refresh(&platform, &attempt.key, &refresh).await;
    assert_eq!(over.json()["error"], "invalid_grant", "{}", over.text());
    let page = browser.open(&platform, ID, "/account").await;
    assert!(page.status() == 303 && page.location().starts_with("/sign-in"), "{} {}", page.status(), page.text());

    let events = platform.audit("limit=60").await;
    for action in ["key-dropped", "key-rotated"] {
        assert!(events.iter().any(|event| event["action"] == action), "{action}: {events:?}");
    }
    let told = events.iter().filter_map(|event| event["note"].as_str()).any(|note| note.contains("1 login ended"));
    assert!(told, "{events:?}");

    // And everything begins anew.
    let mut again = crate::oauth_client::second_owner_named(&platform, "Otto", "otto@example.org").await;
    let attempt = Attempt::new(LOOPBACK);
    let (access, _) = attempt.tokens(&platform, &mut again).await;
    assert_eq!(attempt.whoami(&platform, &access).await.status, 200);
}

/// A restart keeps keys and tokens, and takes no proof that the process before may have seen.
#[tokio::test(flavor = "multi_thread")]
async fn keys_and_tokens_outlive_a_crash_and_proofs_do_not() {
    let (mut platform, mut browser): (Platform, Browser) = house().await;
    let attempt = Attempt::new(LOOPBACK);
    let (access, _) = attempt.tokens(&platform, &mut browser).await;
    let (before, _) = published(&platform).await;
    let early = attempt.proof_at(&platform, &access, crate::key_holder::now_s() + 4);
    assert_eq!(attempt.whoami_with(&platform, &access, &early).await.status, 200);
    platform.crash_and_restart();
    assert_eq!(published(&platform).await.0, before);
    let again = attempt.whoami_with(&platform, &access, &early).await;
    assert_eq!(again.status, 401, "{}", again.text());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let answer = attempt.whoami(&platform, &access).await;
        if answer.status == 200 {
            break;
        }
        assert!(answer.text().contains("try again in some seconds"), "{}", answer.text());
        assert!(std::time::Instant::now() < deadline, "it goes on after some seconds");
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(attempt.whoami_with(&platform, &access, &early).await.status, 401);
}
