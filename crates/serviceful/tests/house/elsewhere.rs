//! How sign-in products were broken, tried on the whole platform: rows of `docs/security/past-cves.md`.
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD as TEXT;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    key_holder::KeyHolder,
    mail::{accept, forget, invite, with_mail},
    oauth_client::{Attempt, CONSOLE, LOOPBACK, house, url},
    passkeys::question,
    platform::{Platform, Setup, guest},
    sign_in::{COFFEE, ID, PASSWORD, password, person_of},
    step_up::add_passkey,
    wire::{PATIENCE, Request},
};

const OTHER: &str = "staple battery horse correct";

/// Kanidm 1.10: nested filters before authentication ended the stack, and with it the server.
#[tokio::test(flavor = "multi_thread")]
async fn no_depth_ends_the_front_before_anybody_signed_in() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "access = \"public\"\nreason = \"a test\"").await;
    let fronts = platform.children("front");
    let keepers = platform.children("keeper");
    assert_eq!((fronts.len(), keepers.len()), (1, 1));
    let nested = |open: &str, close: &str, bytes: usize| {
        let depth = bytes / (open.len() + close.len());
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    };
    let shapes = [("[", "]"), ("{\"a\":", "}"), ("{\"code\":[", "]}"), ("[", ""), ("{\"\":", "")];
    let ask = |request: Request, asked: &str| {
        let raw = request.send(platform.port);
        assert!(raw.took < PATIENCE, "{asked}: {:?}", raw.took);
        assert!(raw.status == 0 || (400..500).contains(&raw.status), "{asked}: {} {}", raw.status, raw.text());
    };
    for (open, close) in shapes {
        // As large as each place takes, and larger.
        for bytes in [16 << 10, 900 << 10, 3 << 20] {
            let text = nested(open, close, bytes);
            for (host, path) in [(CONSOLE, "/api/v1/claim"), (ID, "/oauth/par"), (ID, "/oauth/token"), (ID, "/sign-in")]
            {
                ask(Request::new("POST", host, path).body("application/json", text.clone()), path);
            }
            let form = format!("credential={}", percent(&text));
            for path in ["/sign-in/passkey", "/claim", "/invitation", "/passkey/options"] {
                let request = Request::new("POST", ID, path).body("application/x-www-form-urlencoded", form.clone());
                ask(request.of_own_page(platform.port), path);
            }
        }
        // In what a header may hold.
        for bytes in [1_400, 6_000] {
            let deep = TEXT.encode(nested(open, close, bytes).as_bytes());
            let jwt = format!("{deep}.{deep}.AAAA");
            let whoami = || Request::new("GET", CONSOLE, "/api/v1/whoami");
            ask(whoami().field("authorization", format!("Bearer {jwt}")), "a token");
            ask(whoami().field("authorization", format!("DPoP {jwt}")).field("dpop", jwt.clone()), "a proof");
            let par = Request::new("POST", ID, "/oauth/par")
                .body("application/x-www-form-urlencoded", "client_id=serviceful-cli");
            ask(par.field("dpop", jwt.clone()), "a proof of a request");
            for name in ["__Host-sf-sso", "__Host-sf-half", "__Host-sf-device"] {
                let asked = Request::new("GET", ID, format!("/sign-in/code?tx={deep}")).typed();
                ask(asked.field("cookie", format!("{name}={deep}")), name);
            }
            let callback = format!("/.sf/callback?code={deep}&state=0.{deep}&iss={deep}");
            ask(
                Request::new("GET", COFFEE, callback).typed().field("cookie", format!("__Host-sf-tx-0={deep}")),
                "back",
            );
        }
    }
    assert_eq!((platform.children("front"), platform.children("keeper")), (fronts, keepers), "neither began anew");
    assert_eq!(platform.app("coffee", "GET", "/caller", None, "").await.status, 200);
}

fn percent(text: &str) -> String {
    crate::browser::encode(text)
}

/// oauth2-proxy, Traefik, authentik and others: an identity in a header, in a spelling that the filter did not know.
#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_an_identity_reaches_a_function() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "access = \"public\"\nreason = \"a test\"").await;
    let names = [
        "Sf-User",
        "X-Sf-Caller",
        "X-Ms-Client-Principal",
        "X-Ms-Client-Principal-Id",
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Groups",
        "X-Forwarded-Preferred-Username",
        "X-Auth-Request-User",
        "X-Auth-Request-Access-Token",
        "Cf-Access-Jwt-Assertion",
        "Cf-Access-Authenticated-User-Email",
        "X-Amzn-Oidc-Data",
        "X-Amzn-Oidc-Identity",
        "Remote-User",
        "X-Remote-User",
        "X-Goog-Iap-Jwt-Assertion",
        "X-Authentik-Username",
        "Tailscale-User-Login",
        "X-Vouch-User",
        "X-Pomerium-Jwt-Assertion",
        "Client-Cert",
    ];
    let spellings: [fn(&str) -> String; 13] = [
        |name| name.to_owned(),
        |name| name.to_lowercase(),
        |name| name.to_uppercase(),
        |name| name.replace('-', "_"),
        |name| name.replacen('-', "_", 1),
        |name| name.replace('-', "."),
        |name| name.replacen('-', ".", 1),
        |name| name.to_uppercase().replace('-', "_"),
        |name| format!("{name} "),
        |name| format!("{name}\t"),
        |name| format!(" {name}"),
        |name| name.replacen('-', " ", 1),
        |name| name.replacen('-', "--", 1),
    ];
    let (mut sent, mut refused) = (0, 0);
    for name in names {
        for spelling in spellings {
            let spelt = spelling(name);
            for request in [
                Request::new("GET", COFFEE, "/headers").field(&spelt, "sfroot"),
                Request::new("GET", COFFEE, "/headers")
                    .field("X-Own", "1")
                    .field(&spelt, "sfroot")
                    .field(&spelt, "sfroot"),
                Request::new("GET", COFFEE, "/headers").field("X-Own", format!("1\r\n{spelt}: sfroot")),
            ] {
                let raw = request.send(platform.port);
                sent += 1;
                refused += usize::from(raw.status == 400);
                // Two dashes are another name, and nobody's.
                let other = spelt.contains("--");
                let text = raw.text().to_lowercase();
                assert!(raw.status == 400 || (other && raw.status == 200), "{spelt:?}: {} {text}", raw.status);
                assert!(raw.status == 200 || !text.contains("sfroot"), "{spelt:?}: {text}");
            }
        }
    }
    assert!(sent > 800 && refused * 13 >= sent * 12, "{refused} of {sent}");
    let seen = Request::new("GET", COFFEE, "/headers").field("X-Own", "honest").send(platform.port);
    assert!(seen.status == 200 && seen.text().contains("honest"), "{}", seen.text());
}

/// supabase/auth and others: two tabs renew at the same time, and one of them, or both, are signed out.
#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_renew_at_once_and_nobody_is_signed_out() {
    let config = "[runtime]\nworker_idle_s = 60\n[identity]\nsession_rotate_s = 2\nsession_grace_s = 4\n";
    let platform = Platform::claimed(&Setup { config: config.to_owned(), ..Setup::default() }).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let (mut browser, _) = crate::sign_in::second_owner(&platform).await;
    let page = browser.open(&platform, COFFEE, "/caller").await;
    assert_eq!(browser.follow(&platform, page).await.status(), 200);
    let name = "__Host-sf-session";
    let first = browser.cookie(COFFEE, name).unwrap().1;
    let mut former = Vec::new();
    for round in 0..3 {
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        let before = browser.cookie(COFFEE, name).unwrap().1;
        let tabs = (0..12).map(|_| {
            let mut tab = browser.clone();
            let platform = &platform;
            async move {
                let page = tab.open(platform, COFFEE, "/caller").await;
                (page.status(), tab.cookie(COFFEE, "__Host-sf-session").map(|cookie| cookie.1))
            }
        });
        let tabs = futures_util::future::join_all(tabs).await;
        assert!(tabs.iter().all(|(status, _)| *status == 200), "round {round}: {tabs:?}");
        let new: Vec<&String> = tabs.iter().filter_map(|(_, value)| value.as_ref()).filter(|v| **v != before).collect();
        assert_eq!(new.len(), 1, "round {round}: one of them renews");
        let new = new[0].clone();
        browser.jar.get_mut(COFFEE).unwrap().insert(name.to_owned(), new);
        assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 200);
        former.push(before);
    }
    // Whoever kept a former one has nothing once its grace is over, and the browser goes on.
    tokio::time::sleep(Duration::from_millis(4_200)).await;
    for kept in former.iter().chain([&first]) {
        let mut thief = Browser::default();
        thief.jar.entry(COFFEE.to_owned()).or_default().insert(name.to_owned(), kept.clone());
        assert_eq!(thief.open(&platform, COFFEE, "/caller").await.status(), 303);
    }
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 200);
}

/// Mail programs and virus scanners open what is in a mail, by GET and by HEAD, before and after a person does.
#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_opens_every_link_and_nothing_was_done_by_it() {
    let (platform, catcher) = with_mail("[sign_up]\nmode = \"open\"\n").await;
    let scan = async |path: &str| {
        for (method, fields) in [
            ("HEAD", &[][..]),
            ("GET", &[]),
            ("GET", &[("sec-purpose", "prefetch"), ("purpose", "prefetch")]),
            (
                "GET",
                &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
            ),
            ("HEAD", &[("user-agent", "Scanner")]),
        ] {
            let page = Browser::default().request(&platform, method, ID, path, fields, String::new()).await;
            assert!([200, 403].contains(&page.status()), "{method} {path}: {} {}", page.status(), page.text());
            assert!(page.answer.headers.get("set-cookie").is_none(), "{method} {path}");
        }
    };
    let people = async || platform.api("GET", "/api/v1/people", None).await.1["people"].as_array().unwrap().len();

    // An invitation and a sign-up make an account by their button alone.
    invite(&platform, "ada@example.org", json!({})).await;
    let mail = catcher.mail(1).await;
    scan(&mail.link()).await;
    assert_eq!(people().await, 1);
    let mut ada = Browser::default();
    assert_eq!(accept(&platform, &mut ada, &mail.secret(), "Ada").await.path, "/account");
    Browser::default().send(&platform, ID, "/sign-up", &[("email", "bea@example.org")]).await;
    let mail = catcher.mail(2).await;
    scan(&mail.link()).await;
    assert_eq!(people().await, 2);
    let mut bea = Browser::default();
    assert_eq!(accept(&platform, &mut bea, &mail.secret(), "Bea").await.path, "/account");

    // A reset: the old password counts until the button is pressed, and the link counts after the scanner.
    forget(&platform, "ada@example.org").await;
    let mail = catcher.mail(3).await;
    scan(&mail.link()).await;
    assert_eq!(ada.open(&platform, ID, "/account").await.status(), 200, "no session ended");
    assert_eq!(password(&platform, &mut Browser::default(), "", "ada@example.org", PASSWORD).await.status(), 303);
    let form = [("secret", &*mail.secret()), ("new_password", OTHER)];
    assert_eq!(Browser::default().send(&platform, ID, "/reset-password", &form).await.status(), 303);
    assert_eq!(password(&platform, &mut Browser::default(), "", "ada@example.org", PASSWORD).await.status(), 422);
    assert_eq!(Browser::default().send(&platform, ID, "/reset-password", &form).await.status(), 410, "once");

    // A verification.
    let made = invite(&platform, "cid@example.org", json!({ "print": true })).await;
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let mut cid = Browser::default();
    accept(&platform, &mut cid, &secret, "Cid").await;
    cid.send(&platform, ID, "/account/verify-email", &[]).await;
    // The fourth one told Ada of her new password.
    let mail = catcher.mail(5).await;
    scan(&mail.link()).await;
    assert!(!cid.open(&platform, ID, "/account").await.text().contains(">Verified<"));
    let page = cid.send(&platform, ID, "/verify-email", &[("secret", &mail.secret())]).await;
    assert!(cid.follow(&platform, page).await.text().contains(">Verified<"));

    // A claim: its code is behind `#` and in no request; the page does nothing by itself.
    let code = platform.claim_code(&["--again"]);
    scan("/claim").await;
    let (status, _) = platform.api("POST", "/api/v1/claim", Some(&json!({"code": code, "name": "Nora"}))).await;
    assert_eq!(status, 201);
}

/// The five classes of Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022), each as far as it can be tried.
#[tokio::test(flavor = "multi_thread")]
async fn no_account_is_made_ready_for_its_victim() {
    let (platform, catcher) = with_mail("[sign_up]\nmode = \"open\"\n").await;
    let victim = "vic@example.org";
    let people = async || platform.api("GET", "/api/v1/people", None).await.1["people"].as_array().unwrap().len();

    // 1. Classic-federated merge, and 5. non-verifying provider: there is no second way to an account that could be merged with it.
    // Whoever types a victim's address gets no account, no session and no cookie.
    let mut eve = Browser::default();
    let form = [("email", victim), ("name", "Eve"), ("new_password", OTHER), ("credential", "{}"), ("ceremony", "x")];
    let page = eve.send(&platform, ID, "/sign-up", &form).await;
    assert!((200..500).contains(&page.status()), "{}", page.text());
    assert_eq!((people().await, eve.jar.get(ID).is_none_or(|jar| jar.is_empty())), (1, true));
    let discovery = platform
        .send(ID, "GET", "/.well-known/oauth-authorization-server", HeaderMap::new(), bytes::Bytes::new())
        .await
        .unwrap();
    assert!(!discovery.text().contains("federat") && !discovery.text().contains("registration_endpoint"));

    // 2. Unexpired session: eve has an account under the victim's address, since somebody gave her the victim's invitation; the
    // victim takes it over by their mailbox, and nothing that she had opened stays open.
    let made = invite(&platform, victim, json!({ "print": true })).await;
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    accept(&platform, &mut eve, &secret, "Vic").await;
    assert_eq!(eve.open(&platform, ID, "/account").await.status(), 200);
    let login = Attempt::new(LOOPBACK);
    let (token, refresh) = login.tokens(&platform, &mut eve).await;
    // 3. Trojan identifier: a passkey of hers beside the password.
    let (mut passkey, _) = add_passkey(&platform, &mut eve, "").await;
    // 4. Unexpired change of the address: there is none. What verifies is for the address that the account has.
    eve.send(&platform, ID, "/account/verify-email", &[("email", "eve@example.org")]).await;
    eve.send(&platform, ID, "/account/profile", &[("name", "Vic"), ("email", "eve@example.org")]).await;

    forget(&platform, victim).await;
    let mut mails = 0;
    let reset = loop {
        mails += 1;
        let mail = catcher.mail(mails).await;
        assert!(mail.to[0].contains(victim), "nothing goes to her: {:?}", mail.to);
        if mail.field("Subject").contains("new password") {
            break mail;
        }
    };
    let mut vic = Browser::default();
    let form = [("secret", &*reset.secret()), ("new_password", OTHER)];
    let page = vic.send(&platform, ID, "/reset-password", &form).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    let page = vic.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/account"), "{}", page.text());
    assert!(page.text().contains(victim) && !page.text().contains("eve@"), "{}", page.text());

    assert_eq!(eve.open(&platform, ID, "/account").await.status(), 303, "her session has ended");
    assert_eq!(login.whoami(&platform, &token).await.status, 401, "and so has her login");
    assert_eq!(login.refresh(&platform, &login.key, &refresh).await.json()["error"], "invalid_grant");
    assert_eq!(password(&platform, &mut Browser::default(), "", victim, PASSWORD).await.status(), 422);
    let (asked, ceremony) = question(&platform, &mut eve, "/sign-in/passkey/options", &[("tx", "")]).await;
    let form = [("tx", ""), ("credential", &*passkey.show(&asked)), ("ceremony", &*ceremony)];
    let page = eve.send(&platform, ID, "/sign-in/passkey", &form).await;
    assert_eq!(page.status(), 422, "her passkey opens nothing of the victim's: {}", page.text());
    assert_eq!(eve.open(&platform, ID, "/account").await.status(), 303);
    // Her verification, begun before, verifies nothing now.
    let older = catcher.caught().into_iter().find(|mail| mail.text.contains("/verify-email?"));
    if let Some(mail) = older {
        let page = eve.send(&platform, ID, "/verify-email", &[("secret", &mail.secret())]).await;
        assert!(page.status() == 403 || page.status() == 410, "{}", page.text());
    }
}

/// `alg` confusion and its kin on a token that was good: by no header of its own is a token one of ours.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_not_say_how_it_is_checked() {
    let (platform, mut browser) = house().await;
    let attempt = Attempt::new(LOOPBACK);
    let (token, _) = attempt.tokens(&platform, &mut browser).await;
    assert_eq!(attempt.whoami(&platform, &token).await.status, 200);
    let part = |n: usize| token.split('.').nth(n).unwrap().to_owned();
    let header: Value = serde_json::from_slice(&TEXT.decode(part(0).as_bytes()).unwrap()).unwrap();
    let keys = platform.send(ID, "GET", "/oauth/jwks", HeaderMap::new(), bytes::Bytes::new()).await.unwrap();
    let jwk = keys.json()["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap().clone();
    let thief = KeyHolder::new();
    let own = thief.header()["jwk"].clone();
    // Would answer with the thief's key, if anybody asked.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/jwks", listener.local_addr().unwrap());

    let with = |changes: Value| {
        let mut changed = header.clone();
        for (name, value) in changes.as_object().unwrap() {
            changed[name] = value.clone();
        }
        TEXT.encode(changed.to_string().as_bytes())
    };
    let by_thief = |header: String| {
        let signed = thief.sign(
            &serde_json::from_slice(&TEXT.decode(header.as_bytes()).unwrap()).unwrap(),
            &serde_json::from_slice(&TEXT.decode(part(1).as_bytes()).unwrap()).unwrap(),
        );
        assert_eq!(signed.split('.').next().unwrap(), header);
        signed
    };
    let by_hmac = |secret: &[u8]| {
        let text = format!("{}.{}", with(json!({"alg": "HS256"})), part(1));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
        format!("{text}.{}", TEXT.encode(tag.as_ref()))
    };
    let point = |name: &str| TEXT.decode(jwk[name].as_str().unwrap().as_bytes()).unwrap();
    let mut forged = Vec::new();
    for none in ["none", "None", "NONE", "nOnE", ""] {
        for end in ["", ".", ".AAAA"] {
            forged.push(format!("{}.{}{end}", with(json!({"alg": none})), part(1)));
            forged.push(format!("{}.{}.{}", with(json!({"alg": none})), part(1), part(2)));
        }
    }
    for secret in [
        jwk.to_string().into_bytes(),
        jwk["x"].as_str().unwrap().as_bytes().to_vec(),
        [vec![4], point("x"), point("y")].concat(),
        [point("x"), point("y")].concat(),
        keys.body.to_vec(),
        Vec::from(&b"secret"[..]),
        vec![0],
    ] {
        forged.push(by_hmac(&secret));
    }
    for changes in [
        json!({}),
        json!({"jwk": own}),
        json!({"jwk": own, "kid": null}),
        json!({"jku": address, "kid": "theirs"}),
        json!({"x5u": address}),
        json!({"x5c": ["AAAA"]}),
        json!({"kid": "../../../../../../dev/null"}),
        json!({"kid": "' UNION SELECT 'a"}),
        json!({"kid": address}),
        json!({"kid": ""}),
        json!({"kid": ["a"]}),
        json!({"kid": header["kid"].as_str().unwrap().to_uppercase()}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"alg": "ES384"}),
        json!({"alg": "PS256"}),
        json!({"alg": ["ES256"]}),
        json!({"typ": "JWT"}),
        json!({"typ": "dpop+jwt", "jwk": own}),
        json!({"zip": "DEF"}),
    ] {
        forged.push(by_thief(with(changes.clone())));
        // With our own signature, which is of another header.
        if changes != json!({}) {
            forged.push(format!("{}.{}.{}", with(changes), part(1), part(2)));
        }
    }
    // Signatures that some libraries took for good ones.
    for signature in
        [vec![0; 64], vec![], vec![0xff; 64], vec![0; 63], TEXT.decode(part(2).as_bytes()).unwrap()[..63].to_vec()]
    {
        forged.push(format!("{}.{}.{}", part(0), part(1), TEXT.encode(&signature)));
    }
    forged.push(format!("{token}."));
    forged.push(format!("{token}.{}", part(2)));
    forged.push(format!("{}=.{}.{}", part(0), part(1), part(2)));
    forged.push(token.replacen('.', "..", 1));
    for token in &forged {
        for (scheme, path) in [("DPoP", "/api/v1/whoami"), ("Bearer", "/api/v1/whoami")] {
            let proof = attempt.key.prove("GET", &url(&platform, CONSOLE, path), Some(token));
            let raw = Request::new("GET", CONSOLE, path).field("authorization", format!("{scheme} {token}"));
            let raw = raw.field("dpop", proof).send(platform.port);
            assert_eq!(raw.status, 401, "{scheme} {token}: {}", raw.text());
        }
    }
    assert!(listener.accept().is_err(), "nobody was asked for a key");
    assert_eq!(attempt.whoami(&platform, &token).await.status, 200, "the good one is good still");
    assert!(forged.len() > 60, "{}", forged.len());
}

/// Rauthy 0.32.4 and others: what was taken away counts on. Here while an answer is under way, and while a log is followed.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_in_the_middle_of_an_answer_gets_no_other() {
    let (platform, _) = house().await;
    let (status, made) = platform
        .api(
            "POST",
            "/api/v1/invitations",
            Some(&json!({"email": "gus@example.org", "app": "coffee", "role": "admin"})),
        )
        .await;
    assert_eq!(status, 201, "{made}");
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let mut gus = Browser::default();
    let form = [("secret", secret.as_str()), ("name", "Gus"), ("new_password", PASSWORD)];
    assert_eq!(gus.send(&platform, ID, "/invitation", &form).await.status(), 303);
    let page = gus.open(&platform, COFFEE, "/caller").await;
    assert_eq!(gus.follow(&platform, page).await.status(), 200);
    let login = Attempt::new(LOOPBACK);
    let (token, _) = login.tokens(&platform, &mut gus).await;
    let control = async |path: &str, within: Duration| {
        let bare = path.split('?').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("DPoP {token}").parse().unwrap());
        let proof = login.key.prove("GET", &url(&platform, CONSOLE, bare), Some(&token));
        headers.insert("dpop", proof.parse().unwrap());
        tokio::time::timeout(within, platform.send(CONSOLE, "GET", path, headers, bytes::Bytes::new())).await
    };
    let at_once = Duration::from_secs(10);
    assert_eq!(control("/api/v1/apps/coffee/logs", at_once).await.unwrap().unwrap().status, 200);

    let id = person_of(&platform, "Gus").await;
    let member = format!("/api/v1/apps/coffee/members/{id}");
    let began = Instant::now();
    let mut tab = gus.clone();
    let (answer, followed, ()) = tokio::join!(
        gus.open(&platform, COFFEE, "/slow-body?chunks=20&ms=100"),
        control("/api/v1/apps/coffee/logs?follow=true&tail=1", Duration::from_secs(60)),
        async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            // A smaller role, and then none.
            let (status, said) = platform.api("PUT", &member, Some(&json!({"role": "member"}))).await;
            assert_eq!(status, 200, "{said}");
            let now = control("/api/v1/apps/coffee/logs", at_once).await.unwrap().unwrap();
            assert_eq!(now.status, 403, "{}", now.text());
            assert_eq!(tab.open(&platform, COFFEE, "/caller").await.status(), 303, "its session ended with the role");
            let (status, said) = platform.api("DELETE", &member, None).await;
            assert_eq!(status, 200, "{said}");
        }
    );
    // The answer that he was allowed is his; it ends by the limits of the function.
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let followed = followed.expect("the log that he may not read any more goes on").unwrap();
    assert_eq!(followed.status, 200);
    assert!(began.elapsed() < Duration::from_secs(40), "{:?}", began.elapsed());
    let page = gus.open(&platform, COFFEE, "/caller").await;
    assert_eq!(gus.follow(&platform, page).await.status(), 403);
}
