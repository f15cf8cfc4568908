//! What attackers do to each step of signing a command line in.
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, encode},
    key_holder::{KeyHolder, random, sha256},
    oauth_client::{
        Attempt, CONSOLE, LOOPBACK, SHOWN, answer, authorize, call, house, parameter, post, post_with,
        second_owner_named, secrets, url,
    },
    platform::{Answer, guest},
    sign_in::{ID, PASSWORD, person_of},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_asked_for() {
    let (platform, _) = house().await;
    let found = platform
        .send(CONSOLE, "GET", "/.well-known/oauth-protected-resource", HeaderMap::new(), Bytes::new())
        .await
        .unwrap();
    assert_eq!(found.json()["authorization_servers"], json!([url(&platform, ID, "")]));
    let found = platform
        .send(ID, "GET", "/.well-known/oauth-authorization-server", HeaderMap::new(), Bytes::new())
        .await
        .unwrap();
    let found = found.json();
    assert_eq!(found["issuer"], url(&platform, ID, ""));
    for (name, path) in [
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("pushed_authorization_request_endpoint", "/oauth/par"),
    ] {
        assert_eq!(found[name], url(&platform, ID, path));
    }
    assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(found["require_pushed_authorization_requests"], true);
    assert_eq!(found["jwks_uri"], url(&platform, ID, "/oauth/jwks"));
    let openid =
        platform.send(ID, "GET", "/.well-known/openid-configuration", HeaderMap::new(), Bytes::new()).await.unwrap();
    assert_eq!(openid.status, 404, "there are no ID tokens");

    let attempt = Attempt::new(LOOPBACK);
    attempt.push(&platform).await;
    let change = |name: &str, value: Option<&str>| {
        let mut form = attempt.parameters();
        form.retain(|(known, _)| *known != name);
        form.extend(value.map(|value| (Box::leak(name.to_owned().into_boxed_str()) as &'static str, value.to_owned())));
        form
    };
    for (name, value, error) in [
        ("client_id", Some("other"), "invalid_client"),
        ("client_id", None, "invalid_client"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code id_token"), "unsupported_response_type"),
        ("redirect_uri", None, "invalid_request"),
        ("redirect_uri", Some("https://evil.example/callback"), "invalid_request"),
        ("redirect_uri", Some("http://127.0.0.1:80@evil.example/callback"), "invalid_request"),
        ("redirect_uri", Some("http://127.0.0.1:80/other"), "invalid_request"),
        ("redirect_uri", Some("http://127.0.0.1:80/callback?x=1"), "invalid_request"),
        ("redirect_uri", Some("http://localhost:80/callback"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("short"), "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("state", None, "invalid_request"),
        ("request_uri", Some("urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        ("request", Some("e30.e30."), "invalid_request"),
        ("scope", Some("openid"), "invalid_scope"),
        ("resource", Some("https://elsewhere.example"), "invalid_target"),
        ("resource", Some("http://coffee.localhost"), "invalid_target"),
        ("resource", Some("http://COFFEE.localhost"), "invalid_target"),
        ("dpop_jkt", Some("another"), "invalid_dpop_proof"),
    ] {
        let refused = post(&platform, "/oauth/par", &change(name, value), Some(&attempt.key)).await;
        assert_eq!(refused.status, 400, "{name} {value:?} {}", refused.text());
        assert_eq!(refused.json()["error"], error, "{name} {value:?} {}", refused.text());
        assert!(refused.json()["error_description"].as_str().unwrap().len() > 10);
    }
    let form = attempt.parameters();
    let here = url(&platform, ID, "/oauth/par");
    let claims = KeyHolder::claims("POST", &here, None);
    let elsewhere = attempt.key.prove("POST", &url(&platform, ID, "/oauth/token"), None);
    let (unsigned, confused) = (attempt.key.unsigned(&claims), attempt.key.confused(&claims));
    for proof in [None, Some("x"), Some(&*elsewhere), Some(&*unsigned), Some(&*confused)] {
        let refused = post_with(&platform, "/oauth/par", &form, proof).await;
        assert_eq!((refused.status.as_u16(), refused.json()["error"].as_str()), (400, Some("invalid_dpop_proof")));
    }
    let events = platform.audit("action=sign-in&result=refused&limit=100").await;
    assert!(events.len() >= 25, "each is on record: {}", events.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_is_put_to_one_person_about_one_request_once() {
    let (platform, mut browser) = house().await;
    let attempt = Attempt::new(LOOPBACK);

    // Whoever follows a link of somebody else signs in as themselves, and is told what is asked, and by which computer.
    let way = authorize(&attempt.push(&platform).await);
    let mut stranger = Browser::default();
    let page = stranger.open(&platform, ID, &way).await;
    let page = stranger.follow(&platform, page).await;
    assert!(page.path.starts_with("/sign-in?tx=cli."), "{}", page.path);
    let refused = stranger.send(&platform, ID, "/cli", &[("tx", &page.field("tx")), ("answer", "allow")]).await;
    assert!(refused.status() == 303 && refused.location().starts_with("/sign-in?tx=cli."), "{}", refused.text());

    // The name of a request in other hands, other clothes, or made up.
    let uri = attempt.push(&platform).await;
    let app = stranger.open(&platform, "coffee.localhost", "/caller").await.location();
    let apps = format!("urn:ietf:params:oauth:request_uri:{}", parameter(&app, "tx"));
    for way in [
        authorize(&uri).replace("serviceful-cli", "other"),
        authorize(&uri[..uri.len() - 2]),
        authorize("urn:ietf:params:oauth:request_uri:AAAA"),
        authorize(&apps),
        authorize(""),
        "/oauth/authorize?client_id=serviceful-cli&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback"
            .to_owned(),
        "/cli".to_owned(),
        "/cli?tx=cli.AAAA".to_owned(),
        format!("/cli?tx=cli.{}", parameter(&app, "tx")),
    ] {
        let page = browser.open(&platform, ID, &way).await;
        assert_eq!(page.status(), 410, "{way} {}", page.text());
    }
    let pushed = uri.strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap();
    let page = browser.open(&platform, ID, &format!("/sign-in?tx={pushed}")).await;
    assert_eq!(page.status(), 410, "nor is it an app's request");

    let page = attempt.page(&platform, &mut browser).await;
    assert!(page.text().contains("build-3b") && !page.text().contains("<b>"), "{}", page.text());
    // From another site, or without a word of where it comes from.
    let (token, tx) = (page.field("token"), page.field("tx"));
    let body = format!("token={}&tx={}&answer=allow", encode(&token), encode(&tx));
    for site in [Some("cross-site"), Some("same-site"), None] {
        let mut fields = vec![("content-type", "application/x-www-form-urlencoded")];
        fields.extend(site.map(|site| ("sec-fetch-site", site)));
        let refused = browser.request(&platform, "POST", ID, "/cli", &fields, body.clone()).await;
        assert_eq!(refused.status(), 403, "{site:?}");
    }
    // Another one signed in at this browser since the page was shown.
    let mut other = second_owner_named(&platform, "Otto", "otto@example.org").await;
    let shown = other.send(&platform, ID, "/cli", &[("token", &token), ("tx", &tx), ("answer", "allow")]).await;
    assert!(shown.status() == 303 && shown.location().starts_with("/cli?tx=cli."), "{}", shown.text());
    let shown = other.follow(&platform, shown).await;
    assert!(shown.text().contains("Otto"), "{}", shown.text());

    let maybe = browser.send(&platform, ID, "/cli", &[("token", &token), ("tx", &tx), ("answer", "perhaps")]).await;
    assert!((400..500).contains(&maybe.status()), "{}", maybe.text());
    assert_eq!(answer(&platform, &mut browser, &page, "refuse").await.status(), 303);
    for word in ["allow", "refuse"] {
        assert_eq!(answer(&platform, &mut browser, &page, word).await.status(), 410, "answered already");
    }
    assert_eq!(answer(&platform, &mut other, &shown, "allow").await.status(), 410, "by anybody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_counts_once_for_whoever_asked_for_it() {
    let (platform, mut browser) = house().await;
    let denied = |answer: &Answer, what: &str| {
        assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str()), (400, Some("invalid_grant")), "{what}");
    };
    let stolen = KeyHolder::new();
    for (name, value) in [
        ("code_verifier", random()),
        ("redirect_uri", "http://127.0.0.1:47112/callback".to_owned()),
        ("redirect_uri", String::new()),
    ] {
        let attempt = Attempt::new(LOOPBACK);
        let code = attempt.code(&platform, &mut browser).await;
        let mut form = attempt.exchange(&code);
        form.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, old)| old.clone_from(&value));
        denied(&post(&platform, "/oauth/token", &form, Some(&attempt.key)).await, name);
        denied(&post(&platform, "/oauth/token", &attempt.exchange(&code), Some(&attempt.key)).await, "it was used up");
    }
    let attempt = Attempt::new(LOOPBACK);
    let code = attempt.code(&platform, &mut browser).await;
    let bare = post(&platform, "/oauth/token", &attempt.exchange(&code), None).await;
    assert_eq!(bare.json()["error"], "invalid_dpop_proof", "{}", bare.text());
    denied(&post(&platform, "/oauth/token", &attempt.exchange(&code), Some(&stolen)).await, "another key");
    denied(&post(&platform, "/oauth/token", &attempt.exchange("made-up"), Some(&attempt.key)).await, "no code");

    // At an app's callback it is nothing.
    let code = attempt.code(&platform, &mut browser).await;
    let page = browser.open(&platform, "coffee.localhost", &format!("/.sf/callback?code={code}&state=x.y&iss=z")).await;
    assert_eq!(page.status(), 410);

    let exchanged = post(&platform, "/oauth/token", &attempt.exchange(&code), Some(&attempt.key)).await;
    let (access, refresh) = secrets(&exchanged);
    assert_eq!(attempt.whoami(&platform, &access).await.json()["name"], "Olga");
    denied(&post(&platform, "/oauth/token", &attempt.exchange(&code), Some(&attempt.key)).await, "the second time");
    assert_eq!(attempt.whoami(&platform, &access).await.status, 401, "what the first time opened has ended");
    denied(&attempt.refresh(&platform, &attempt.key, &refresh).await, "so has this");

    // Whoever signs out before the code is used has changed their mind.
    let attempt = Attempt::new(LOOPBACK);
    let code = attempt.code(&platform, &mut browser).await;
    browser.send(&platform, ID, "/sign-out", &[]).await;
    denied(&post(&platform, "/oauth/token", &attempt.exchange(&code), Some(&attempt.key)).await, "signed out");
    let events = platform.audit("action=sign-in&result=refused&limit=100").await;
    let notes: Vec<String> = events.iter().map(Value::to_string).collect();
    for wanted in ["another verifier", "another redirect", "another key", "used before", "a session that has ended"] {
        assert!(notes.iter().any(|note| note.contains(wanted)), "{wanted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_counts_with_a_fresh_proof_of_its_key_alone() {
    let (platform, mut browser) = house().await;
    let attempt = Attempt::new(LOOPBACK);
    let (access, refresh) = attempt.tokens(&platform, &mut browser).await;
    let (path, here) = ("/api/v1/whoami", url(&platform, CONSOLE, "/api/v1/whoami"));
    let key = &attempt.key;
    let with = |name: &str, value: Value| {
        let mut claims = KeyHolder::claims("GET", &here, Some(&access));
        claims[name] = value;
        key.sign(&key.header(), &claims)
    };
    let now = crate::key_holder::now_s();
    let good = KeyHolder::claims("GET", &here, Some(&access));
    let dpop = format!("DPoP {access}");
    let thief = KeyHolder::new();
    for (what, proof) in [
        ("none", None),
        ("garbage", Some("x.y.z".to_owned())),
        ("another key", Some(thief.prove("GET", &here, Some(&access)))),
        ("another key behind ours", Some(thief.sign(&key.header(), &good))),
        ("another method", Some(with("htm", json!("POST")))),
        ("another path", Some(with("htu", json!(url(&platform, CONSOLE, "/api/v1/apps"))))),
        ("another host", Some(with("htu", json!(url(&platform, ID, path))))),
        ("an old one", Some(with("iat", json!(now - 120)))),
        ("one of tomorrow", Some(with("iat", json!(now + 86_400)))),
        ("one of in half a minute", Some(with("iat", json!(now + 30)))),
        ("another token", Some(with("ath", json!(sha256("sfp_other"))))),
        ("no token", Some(key.prove("GET", &here, None))),
        ("unsigned", Some(key.unsigned(&good))),
        ("confused", Some(key.confused(&good))),
        ("without an id", Some(with("jti", json!("")))),
    ] {
        let refused = call(&platform, CONSOLE, path, &dpop, proof.as_deref()).await;
        assert_eq!(refused.status, 401, "{what}: {}", refused.text());
        let challenges: Vec<_> = refused.headers.get_all("www-authenticate").iter().collect();
        assert!(challenges.iter().any(|c| c.to_str().unwrap().starts_with("DPoP algs=\"ES256\"")), "{challenges:?}");
    }
    let bearer = call(&platform, CONSOLE, path, &format!("Bearer {access}"), None).await;
    assert_eq!(bearer.status, 401, "alone it is nothing");
    let proof = key.prove("GET", &here, Some(&access));
    assert_eq!(call(&platform, CONSOLE, path, &format!("Bearer {access}"), Some(&proof)).await.status, 401);
    let owner = &platform.owner;
    let unbound = key.prove("GET", &here, Some(owner));
    assert_eq!(call(&platform, CONSOLE, path, &format!("DPoP {owner}"), Some(&unbound)).await.status, 401);
    assert_eq!(call(&platform, CONSOLE, path, &format!("DPoP {refresh}"), Some(&proof)).await.status, 401);
    let coffee = key.prove("GET", &url(&platform, "coffee.localhost", "/caller"), Some(&access));
    assert_eq!(call(&platform, "coffee.localhost", "/caller", &dpop, Some(&coffee)).await.status, 401, "one audience");

    assert_eq!(call(&platform, CONSOLE, path, &dpop, Some(&proof)).await.status, 200);
    assert_eq!(call(&platform, CONSOLE, path, &dpop, Some(&proof)).await.status, 401, "a proof counts once");
    assert_eq!(attempt.whoami(&platform, &access).await.status, 200);
    let events = platform.audit("result=refused&limit=100").await;
    let notes: Vec<String> = events.iter().map(Value::to_string).collect();
    for wanted in
        ["another key", "used before", "`htu`", "`htm`", "seconds too old", "not ES256", "came without a proof"]
    {
        assert!(notes.iter().any(|note| note.contains(wanted)), "{wanted}");
    }
    assert!(!notes.iter().any(|note| note.contains(&access) || note.contains(&refresh)), "no secret is on record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_ends_for_good() {
    let (platform, mut browser) = house().await;
    let attempt = Attempt::new(LOOPBACK);
    let (access, refresh) = attempt.tokens(&platform, &mut browser).await;
    let denied = |answer: &Answer| assert_eq!(answer.json()["error"], "invalid_grant", "{}", answer.text());

    // A thief without the key gains nothing, and ends nothing.
    denied(&attempt.refresh(&platform, &KeyHolder::new(), &refresh).await);
    denied(&attempt.refresh(&platform, &attempt.key, &access).await);
    let next = attempt.refresh(&platform, &attempt.key, &refresh).await;
    assert_eq!(next.status, 200, "{}", next.text());
    let (second, next_refresh) = secrets(&next);
    assert_eq!(attempt.whoami(&platform, &access).await.status, 401, "the former secret ended");
    assert_eq!(attempt.whoami(&platform, &second).await.status, 200);

    // A secret that comes twice ends the family, whoever brings it.
    denied(&attempt.refresh(&platform, &attempt.key, &refresh).await);
    assert_eq!(attempt.whoami(&platform, &second).await.status, 401);
    denied(&attempt.refresh(&platform, &attempt.key, &next_refresh).await);

    // By hand on the account page, by the owner's command line, with a new password, and with the person.
    let login = async |browser: &mut Browser| {
        let attempt = Attempt::new(LOOPBACK);
        let (access, refresh) = attempt.tokens(&platform, browser).await;
        (attempt, access, refresh)
    };
    let over = async |(attempt, access, refresh): &(Attempt, String, String), what: &str| {
        assert_eq!(attempt.whoami(&platform, access).await.status, 401, "{what}");
        denied(&attempt.refresh(&platform, &attempt.key, refresh).await);
    };
    let id = async |login: &(Attempt, String, String)| {
        login.0.whoami(&platform, &login.1).await.json()["credential"].as_str().unwrap().to_owned()
    };
    let one = login(&mut browser).await;
    let page = browser.send(&platform, ID, "/account/sessions/end", &[("id", &id(&one).await)]).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    over(&one, "ended on the account page").await;

    let two = login(&mut browser).await;
    let (status, _) = platform.api("DELETE", &format!("/api/v1/tokens/{}", id(&two).await), None).await;
    assert!(status.is_success());
    over(&two, "revoked").await;

    let three = login(&mut browser).await;
    let mut otto = second_owner_named(&platform, "Otto", "otto@example.org").await;
    let foreign = otto.send(&platform, ID, "/account/sessions/end", &[("id", &id(&three).await)]).await;
    assert_eq!(foreign.status(), 404, "not another's");
    let form = [("password", PASSWORD), ("new_password", "a whole new battery of staples")];
    let page = browser.send(&platform, ID, "/account/password", &form).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    over(&three, "a new password").await;

    let four = login(&mut browser).await;
    let olga = person_of(&platform, "Olga").await;
    let (status, said) = platform.api("DELETE", &format!("/api/v1/people/{olga}/sessions"), None).await;
    assert!(status.is_success(), "{said}");
    over(&four, "signed out everywhere").await;

    let five = login(&mut otto).await;
    let otto = person_of(&platform, "Otto").await;
    let (status, said) = platform.api("PUT", &format!("/api/v1/people/{otto}"), Some(&json!({"disabled": true}))).await;
    assert!(status.is_success(), "{said}");
    over(&five, "disabled").await;
}

/// Two at the same moment: nobody can say which of them is the thief, so neither has anything afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_at_the_same_moment_opens_nothing() {
    let (platform, mut browser) = house().await;
    let attempt = Attempt::new(LOOPBACK);
    for round in 0..8 {
        let code = attempt.code(&platform, &mut browser).await;
        let form = attempt.exchange(&code);
        let once = || post(&platform, "/oauth/token", &form, Some(&attempt.key));
        let answers = tokio::join!(once(), once(), once());
        for answer in [answers.0, answers.1, answers.2] {
            if answer.status == 200 {
                let (access, refresh) = secrets(&answer);
                assert_eq!(attempt.whoami(&platform, &access).await.status, 401, "round {round}");
                let next = attempt.refresh(&platform, &attempt.key, &refresh).await;
                assert_eq!(next.json()["error"], "invalid_grant", "round {round}");
            }
        }
        let (access, refresh) = attempt.tokens(&platform, &mut browser).await;
        let again = || attempt.refresh(&platform, &attempt.key, &refresh);
        let answers = tokio::join!(again(), again(), again(), again());
        let answers = [answers.0, answers.1, answers.2, answers.3];
        assert!(answers.iter().filter(|answer| answer.status == 200).count() <= 1, "round {round}");
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            assert_eq!(attempt.whoami(&platform, &secrets(answer).0).await.status, 401, "round {round}");
        }
        assert_eq!(attempt.whoami(&platform, &access).await.status, 401, "round {round}");
    }
}

/// A token for one app, asked for from the start, or later.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_one_place() {
    let (platform, mut browser) = house().await;
    for app in ["tea", "open"] {
        platform.deploy(app, &guest("echo-p2"), "access = \"signed-in\"").await;
    }
    let attempt = Attempt::new(LOOPBACK);
    let (_, refresh) = attempt.tokens(&platform, &mut browser).await;
    let (tea, open) = (url(&platform, "tea.localhost", ""), url(&platform, "open.localhost", ""));
    let form = vec![
        ("client_id", "serviceful-cli".to_owned()),
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", refresh),
        ("resource", tea.clone()),
    ];
    let (access, refresh) = secrets(&post(&platform, "/oauth/token", &form, Some(&attempt.key)).await);
    let at = async |host: &str, path: &str| {
        let proof = attempt.key.prove("GET", &url(&platform, host, path), Some(&access));
        call(&platform, host, path, &format!("DPoP {access}"), Some(&proof)).await
    };
    let answer = at("tea.localhost", "/caller").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(!answer.text().contains(&access), "the function sees no token");
    let challenges: Vec<_> = {
        let answer = at("open.localhost", "/caller").await;
        assert_eq!(answer.status, 401, "{}", answer.text());
        answer.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    assert!(challenges.iter().any(|c| c.starts_with("DPoP algs") && c.contains(&open)), "{challenges:?}");
    assert_eq!(at(CONSOLE, "/api/v1/whoami").await.status, 401);
    assert_eq!(at(ID, "/account").await.status, 401, "a token opens no page");
    for bad in ["https://elsewhere.example", "http://tea.localhost", "tea", "http://tea.localhost:1/"] {
        let form = vec![
            ("client_id", "serviceful-cli".to_owned()),
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh.clone()),
            ("resource", bad.to_owned()),
        ];
        let refused = post(&platform, "/oauth/token", &form, Some(&attempt.key)).await;
        assert_eq!(refused.json()["error"], "invalid_target", "{bad}: {}", refused.text());
    }
    assert_eq!(attempt.refresh(&platform, &attempt.key, &refresh).await.status, 200, "nothing was used up by that");
    let found = platform
        .send("tea.localhost", "GET", "/.well-known/oauth-protected-resource", HeaderMap::new(), Bytes::new())
        .await
        .unwrap();
    assert_eq!(
        (&found.json()["resource"], &found.json()["authorization_servers"]),
        (&json!(tea), &json!([url(&platform, ID, "")]))
    );
}

/// Where `SHOWN` leads, nobody's browser is sent anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_carried_is_in_no_address() {
    let (platform, mut browser) = house().await;
    let attempt = Attempt::new(SHOWN);
    let page = attempt.page(&platform, &mut browser).await;
    let policy = page.answer.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self';"), "{policy}");
    let page = answer(&platform, &mut browser, &page, "allow").await;
    assert!(page.status() == 200 && page.answer.headers.get("location").is_none());
    assert_eq!(page.answer.headers["cache-control"], "no-store");
    let text = page.text();
    let code = text.split_once("id=\"paste-code\">").unwrap().1.split_once('<').unwrap().0.replace('-', "");
    let answer = post(&platform, "/oauth/token", &attempt.exchange(&code), Some(&attempt.key)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
