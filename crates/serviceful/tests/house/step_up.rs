//! Step-up: a function asks for a stronger or a more recent sign-in. The journey of those who can show it, the page of those who
//! cannot, and what attackers do to both.
use std::time::Duration;

use http::HeaderMap;
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page},
    device::Device,
    javascript,
    passkeys::{origin, question},
    platform::{Platform, Setup, guest},
    sign_in::{COFFEE, ID, PASSWORD, password, person_of, recovery_codes, second_owner, totp},
};

const TEA: &str = "tea.localhost";

/// Where an attempt stands in an address.
fn tx_of(address: &str) -> String {
    address.split_once("tx=").unwrap_or_else(|| panic!("no attempt in {address}")).1.to_owned()
}

async fn member(platform: &Platform, app: &str, person: &str) {
    let path = format!("/api/v1/apps/{app}/members/{person}");
    let (status, said) = platform.api("PUT", &path, Some(&json!({"role": "member"}))).await;
    assert!(status.is_success(), "{said}");
}

/// Olga, with a password and an authenticator app, and these apps that she is a member of.
async fn house(apps: &[(&str, &str)]) -> (Platform, Browser, String) {
    let platform = Platform::claimed(&Setup::default()).await;
    for (app, demand) in apps {
        platform.deploy(app, &guest("echo-p2"), demand).await;
    }
    let (browser, secret) = second_owner(&platform).await;
    let olga = person_of(&platform, "Olga").await;
    for (app, _) in apps {
        member(&platform, app, &olga).await;
    }
    (platform, browser, secret)
}

/// Adds a passkey to the account that is signed in, on the way of an attempt.
pub(crate) async fn add_passkey(platform: &Platform, browser: &mut Browser, tx: &str) -> (Device, Page) {
    let mut device = Device::new(&origin(platform));
    let (asked, ceremony) = question(platform, browser, "/passkey/options", &[("tx", tx)]).await;
    let made = device.make(&asked);
    let form = [("tx", tx), ("credential", made.as_str()), ("ceremony", &ceremony), ("label", "Key")];
    let mut page = browser.send(platform, ID, "/account/passkeys", &form).await;
    if page.status() == 200 {
        // The first thing of theirs that can be lost: codes come with it, and they go on from there.
        assert_eq!(recovery_codes(&page).len(), 10, "{}", page.text());
        assert_eq!(page.field("tx"), tx);
        let form = [("tx", tx), ("saved", "on")];
        page = browser.send(platform, ID, "/account/recovery-codes/saved", &form).await;
    }
    assert_eq!(page.status(), 303, "{}", page.text());
    (device, page)
}

/// Confirms with a passkey for an attempt; the form that was sent, for whoever wants to send it again.
async fn confirm(
    platform: &Platform,
    browser: &mut Browser,
    device: &mut Device,
    tx: &str,
) -> (Page, Vec<(&'static str, String)>) {
    let (asked, ceremony) = question(platform, browser, "/confirm/passkey/options", &[("tx", tx)]).await;
    let form = vec![("tx", tx.to_owned()), ("credential", device.show(&asked)), ("ceremony", ceremony)];
    (send(platform, browser, &form).await, form)
}

async fn send(platform: &Platform, browser: &mut Browser, form: &[(&'static str, String)]) -> Page {
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.send(platform, ID, "/confirm/passkey", &form).await
}

fn challenge(headers: &HeaderMap) -> &str {
    headers["www-authenticate"].to_str().unwrap()
}

/// What a page of the app says of its caller.
fn caller(page: &Page) -> Value {
    let told: Value =
        serde_json::from_str(&page.text()).unwrap_or_else(|_| panic!("{} {}", page.status(), page.text()));
    told["caller"]["user"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lacks_the_means_is_told_gets_them_and_is_taken_on() {
    let demand = "min_assurance = \"phishing-resistant\"";
    let (platform, mut browser, secret) = house(&[("coffee", demand), ("tea", "")]).await;
    let page = browser.open(&platform, TEA, "/caller").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!(caller(&page)["assurance"], "multi-factor", "{}", page.text());

    // No redirect in a circle, no confirmation that would not do: a page that says what is missing.
    let page = browser.open(&platform, COFFEE, "/caller?x=1").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (403, ID), "{}", page.text());
    assert!(
        page.text().contains("You need another way to sign in") && page.text().contains("coffee"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("name=\"password\"") && !page.text().contains("/account/authenticator?"));
    let tx = tx_of(&page.path);
    assert!(page.text().contains(&format!("href=\"/account/passkeys?tx={tx}\"")), "{}", page.text());
    for form in [vec![("password", PASSWORD)], vec![("password", PASSWORD), ("code", "123456")], vec![]] {
        let form = [&[("tx", tx.as_str())], &form[..]].concat();
        let page = browser.send(&platform, ID, "/confirm", &form).await;
        assert_eq!(page.status(), 403, "what they have does not do: {}", page.text());
    }

    // They add a passkey on the way, and are asked for it.
    assert_eq!(browser.open(&platform, ID, &format!("/account/passkeys?tx={tx}")).await.status(), 200);
    let (mut device, page) = add_passkey(&platform, &mut browser, &tx).await;
    assert_eq!(page.location(), format!("/confirm?tx={tx}"));
    let page = browser.follow(&platform, page).await;
    let text = page.text();
    assert_eq!(page.status(), 200, "{text}");
    assert!(text.contains("Confirm it’s you") && text.contains(">coffee<") && text.contains(">main<"), "{text}");
    assert!(!text.contains("name=\"password\""), "a password and a code are less than what is wanted: {text}");
    let form = [("tx", tx.as_str()), ("password", PASSWORD), ("code", &totp(&secret, 1))];
    assert_eq!(
        browser.send(&platform, ID, "/confirm", &form).await.status(),
        422,
        "nor when they are sent all the same"
    );
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 303, "and nothing was raised by that");

    let before = browser.clone();
    let (page, form) = confirm(&platform, &mut browser, &mut device, &tx).await;
    let back = page.location();
    assert!(back.starts_with(&format!("http://{COFFEE}:{}/.sf/callback?", platform.port)), "{back}");
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/caller?x=1"), "{}", page.text());
    assert_eq!(caller(&page)["assurance"], "phishing-resistant", "the function knows");

    // Both sessions know it. The secrets of before open nothing, and what was sent works once.
    let mut old = before.clone();
    assert_eq!(old.open(&platform, ID, "/account").await.location(), "/sign-in", "the former secret ended at once");
    assert_eq!(old.open(&platform, COFFEE, "/caller").await.status(), 303, "the former session at the app ended");
    assert_eq!(send(&platform, &mut browser, &form).await.status(), 422, "the answer of the passkey was used");
    let way = back.split_once(&format!("{COFFEE}:{}", platform.port)).unwrap().1.to_owned();
    assert_eq!(browser.open(&platform, COFFEE, &way).await.status(), 410, "the attempt is over");
    let page = browser.open(&platform, ID, &format!("/sign-in?tx={tx}")).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!(page.status(), 410, "and its request leads to no session without the browser's half of it");
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 200, "{}", page.text());

    // An app that demands less has its own session from before: nothing raised it behind its back.
    let page = browser.open(&platform, TEA, "/caller").await;
    assert_eq!(caller(&page)["assurance"], "multi-factor");

    // Less, and later: a session knows what was shown last. An old strong proof does not make a fresh weak one strong.
    let form = [("to", "/account/recovery-codes"), ("password", PASSWORD), ("code", &totp(&secret, 1))];
    let page = browser.send(&platform, ID, "/confirm", &form).await;
    assert_eq!(page.location(), "/account/recovery-codes", "{}", page.text());
    browser.jar.remove(COFFEE);
    let page = browser.open(&platform, COFFEE, "/caller").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (200, ID), "{}", page.text());
    assert!(page.text().contains("Confirm it’s you"), "{}", page.text());

    let events = platform.audit("limit=200").await;
    let notes: Vec<&str> = events.iter().filter_map(|e| e["note"].as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("showed again who they are for main")), "{notes:?}");
    let refused: Vec<&Value> = events.iter().filter(|e| e["outcome"]["code"] == "ID-008").collect();
    assert!(refused.iter().any(|e| e["app"] == "coffee" && e["policies"] == json!(["g-assurance"])), "{refused:?}");
    assert!(refused.iter().any(|e| e["outcome"]["reason"].to_string().contains("has no means for phishing-resistant")));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_machines_and_strangers_get_their_own_answers() {
    let demand = "min_assurance = \"multi-factor\"\nmax_auth_age_s = 300";
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("coffee", &guest("echo-p2"), demand).await;

    // A token is one thing that one has, however fresh: it is told what is wanted, and cannot show it.
    for (method, path, body) in [("GET", "/caller", ""), ("POST", "/echo", "x"), ("DELETE", "/caller", "")] {
        let answer = platform.app("coffee", method, path, Some(&token), body).await;
        assert_eq!(answer.status, 401, "{method} {}", answer.text());
        let metadata = format!("http://{COFFEE}:{}/.well-known/oauth-protected-resource", platform.port);
        assert_eq!(
            challenge(&answer.headers),
            format!(
                "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:sf:mfa urn:sf:phr\", \
                 max_age=\"300\", resource_metadata=\"{metadata}\""
            )
        );
        let problem = answer.json();
        assert_eq!((&problem["code"], &problem["type"]), (&json!("ID-008"), &json!("/errors/ID-008")), "{problem}");
        assert!(problem["next"].as_str().unwrap().contains("browser"), "{problem}");
        assert!(!answer.headers.contains_key("location") && !answer.headers.contains_key("set-cookie"));
    }

    // Who is nobody here hears what they would hear without the demand; a machine is told to have a function of its own.
    let stranger = platform.app("coffee", "GET", "/caller", None, "").await;
    assert_eq!((stranger.status.as_u16(), &stranger.json()["code"]), (401, &json!("ID-001")));
    assert!(!challenge(&stranger.headers).contains("acr_values"), "{}", challenge(&stranger.headers));
    let (_, made) = platform.api("POST", "/api/v1/apps/coffee/tokens", Some(&json!({"service": "till"}))).await;
    let till = made["secret"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    let outside = platform.app("coffee", "GET", "/caller", Some(&till), "").await;
    assert_eq!(outside.status, 403);
    assert!(outside.text().contains("is not a member"), "{}", outside.text());
    member(&platform, "coffee", "service:till").await;
    let inside = platform.app("coffee", "GET", "/caller", Some(&till), "").await;
    assert_eq!(inside.status, 403);
    assert!(inside.text().contains("people who show who they are"), "{}", inside.text());

    // Where the app is looked at, the demand is seen.
    let (_, view) = platform.api("GET", "/api/v1/apps/coffee", None).await;
    let function = &view["functions"][0];
    assert_eq!(
        (&function["min_assurance"], &function["max_auth_age_s"]),
        (&json!("multi-factor"), &json!(300)),
        "{view}"
    );

    // What the function itself demands (`require`) is answered alike.
    let open = platform.deploy("open", &guest("echo-p2"), "access = \"public\"\nreason = \"a test\"").await;
    let ask = "/require?assurance=phishing-resistant&age=60";
    let answer = platform.app("open", "GET", ask, Some(&open), "").await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert!(
        challenge(&answer.headers).contains("acr_values=\"urn:sf:phr\", max_age=\"60\""),
        "{}",
        challenge(&answer.headers)
    );
    assert_eq!(answer.json()["code"], "ID-008");
    let answer = platform.app("open", "GET", "/require?assurance=single-factor", Some(&open), "").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"shown": true})));
    let answer = platform.app("open", "GET", "/require?age=0", Some(&open), "").await;
    assert!(answer.text().contains("denied: nobody signs in within no time"), "{}", answer.text());
    let answer = platform.app("open", "GET", ask, None, "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (401, &json!("ID-001")));
    // A stranger at a browser: to the sign-in pages, or a page that leads there when they sent a form.
    let mut stranger = Browser::default();
    let page = stranger.open(&platform, "open.localhost", ask).await;
    let page = stranger.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (200, ID), "{}", page.text());
    let page = stranger.send(&platform, "open.localhost", "/require?assurance=multi-factor", &[("pay", "1")]).await;
    assert_eq!((page.status(), page.text().contains("was not carried out")), (401, true), "{}", page.text());
    let answer = platform.app("open", "GET", ask, Some(&till), "").await;
    assert_eq!(answer.status, 401, "another app's token");
    let (_, made) = platform.api("POST", "/api/v1/apps/open/tokens", Some(&json!({"service": "ci"}))).await;
    let answer = platform.app("open", "GET", ask, made["secret"].as_str(), "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &json!("POL-001")), "{}", answer.text());
    let p3 = platform.deploy("newer", &guest("echo-p3"), "").await;
    assert_eq!(platform.app("newer", "GET", ask, Some(&p3), "").await.json()["code"], "ID-008");
    let events = platform.audit("app=open&result=refused&limit=20").await;
    let event = events.iter().find(|e| e["outcome"]["code"] == "ID-008").unwrap_or_else(|| panic!("{events:?}"));
    assert!(event["engine_build"].is_string(), "it ran, and the record says in what: {event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ages_and_is_shown_again() {
    let (platform, mut browser, secret) =
        house(&[("coffee", "max_auth_age_s = 3"), ("tea", "max_auth_age_s = 600"), ("milk", "")]).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let page = browser.open(&platform, COFFEE, "/caller").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (200, ID), "asked, not sent round: {}", page.text());
    let tx = page.field("tx");
    // They have a password and a code: together these are as much as they showed before, the password alone is not.
    assert!(page.text().contains("name=\"password\"") && page.text().contains("name=\"code\""), "{}", page.text());
    let alone = [("tx", tx.as_str()), ("password", PASSWORD)];
    assert_eq!(browser.send(&platform, ID, "/confirm", &alone).await.status(), 422);
    let code = totp(&secret, 1);
    let form = [("tx", tx.as_str()), ("password", PASSWORD), ("code", &code)];
    let page = browser.send(&platform, ID, "/confirm", &form).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/caller"), "{}", page.text());

    // The parent knows it, too: another app is satisfied without asking anybody.
    let page = browser.open(&platform, TEA, "/caller").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    let signed_in_at = caller(&page)["authenticated-at"].as_u64().unwrap();

    // It ages again. A token that is made now is no newer than the command line that makes it.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 303);
    assert_eq!(browser.open(&platform, TEA, "/caller").await.status(), 200);
    let fresh = platform.token("coffee").await;
    assert_eq!(platform.app("coffee", "GET", "/caller", Some(&fresh), "").await.status, 401);

    // A form is never sent on: it was not carried out, and the way leads back to the page that it was on.
    let address = format!("http://{COFFEE}:{}", platform.port);
    let referer = format!("{address}/caller?form=1");
    let fields = [
        ("origin", address.as_str()),
        ("referer", &referer),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let page = browser.request(&platform, "POST", COFFEE, "/echo", &fields, "pay=1".to_owned()).await;
    let text = page.text();
    assert_eq!(page.status(), 401, "{text}");
    assert!(challenge(&page.answer.headers).contains("max_age=\"3\""));
    assert!(text.contains("What you sent was not carried out") && text.contains("ID-008"), "{text}");
    let link = text.split_once("href=\"/.sf/confirm?tx=").unwrap().1.split_once('"').unwrap().0.to_owned();
    let events = platform.audit("app=coffee&limit=5").await;
    assert!(
        events[0]["outcome"]["code"] == "ID-008" && events[0]["engine_build"].is_null(),
        "nothing ran: {}",
        events[0]
    );
    let mut other = browser.clone();
    let page = browser.open(&platform, COFFEE, &format!("/.sf/confirm?tx={link}")).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (200, ID), "{}", page.text());
    let tx = page.field("tx");
    let wrong = [("tx", tx.as_str()), ("password", PASSWORD), ("code", &code)];
    assert_eq!(browser.send(&platform, ID, "/confirm", &wrong).await.status(), 422, "a code counts once");
    // The script of a page is told in its own way.
    let script = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    let page = other.request(&platform, "GET", COFFEE, "/caller", &script, String::new()).await;
    assert_eq!((page.status(), &page.answer.json()["code"]), (401, &json!("ID-008")));

    // With a passkey added meanwhile, it goes on: and back to the page of the form, with a session that knows when.
    let (mut device, _) = add_passkey(&platform, &mut browser, "").await;
    let (page, _) = confirm(&platform, &mut browser, &mut device, &tx).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/caller?form=1"), "{}", page.text());
    assert!(caller(&page)["authenticated-at"].as_u64().unwrap() > signed_in_at);
    let page = browser.request(&platform, "POST", COFFEE, "/echo", &fields, "pay=1".to_owned()).await;
    assert_eq!((page.status(), page.text().as_str()), (200, "pay=1"));

    // `require` in a function, in the same words: the person is asked, comes back, and the function is called anew.
    let ask = "/require?assurance=multi-factor&age=2";
    let page = browser.open(&platform, "milk.localhost", "/caller").await;
    browser.follow(&platform, page).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let page = browser.open(&platform, "milk.localhost", ask).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    let page = browser.follow(&platform, page).await;
    let tx = page.field("tx");
    let (page, _) = confirm(&platform, &mut browser, &mut device, &tx).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str(), page.text().trim()), (200, ask, "{\"shown\":true}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_raises_what_is_not_theirs_and_nothing_goes_round_it() {
    let demand = "min_assurance = \"phishing-resistant\"";
    let (platform, mut browser, _) = house(&[("coffee", demand), ("tea", demand)]).await;
    let (mut device, _) = add_passkey(&platform, &mut browser, "").await;
    // Gus has a password and nothing else, and is a member of both.
    let invite = json!({"email": "gus@example.org", "app": "coffee"});
    let (_, made) = platform.api("POST", "/api/v1/invitations", Some(&invite)).await;
    let link = made["link"].as_str().unwrap_or_else(|| panic!("{made}")).split_once("?secret=").unwrap().1.to_owned();
    let mut gus = Browser::default();
    let form = [("secret", link.as_str()), ("name", "Gus"), ("new_password", PASSWORD)];
    let page = gus.send(&platform, ID, "/invitation", &form).await;
    assert!(page.status() < 400, "{}", page.text());
    member(&platform, "tea", &person_of(&platform, "Gus").await).await;

    // Olga's attempt, in Gus's browser: he is asked for what he lacks. Hers is not raised by anything he does.
    let begin = async |browser: &mut Browser, host: &str| {
        let page = browser.open(&platform, host, "/caller").await;
        let page = browser.follow(&platform, page).await;
        (tx_of(&page.path), page)
    };
    let (tx, page) = begin(&mut browser, COFFEE).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    let page = gus.open(&platform, ID, &format!("/sign-in?tx={tx}")).await;
    let page = gus.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (403, ID), "{}", page.text());
    let form = [("tx", tx.as_str()), ("password", PASSWORD)];
    assert_eq!(gus.send(&platform, ID, "/confirm", &form).await.status(), 403);
    // Olga's passkey and her ceremony beside Gus's session, and his beside hers.
    let (asked, ceremony) = question(&platform, &mut browser, "/confirm/passkey/options", &[("tx", &tx)]).await;
    let hers = vec![("tx", tx.clone()), ("credential", device.show(&asked)), ("ceremony", ceremony)];
    assert_eq!(send(&platform, &mut gus, &hers).await.status(), 403, "he has no passkey");
    let (mut key, page) = add_passkey(&platform, &mut gus, &tx).await;
    assert_eq!(send(&platform, &mut gus, &hers).await.status(), 422, "not his");
    // His new passkey satisfies the demand, and he is sent on with a code of his own; her browser began it, so it opens nothing.
    assert!(page.location().contains("/.sf/callback?"), "{}", page.location());
    let page = gus.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (410, COFFEE), "{}", page.text());
    assert!(gus.cookie(COFFEE, "__Host-sf-session").is_none());
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 303, "Olga's session is what it was");

    // Nobody writes a demand of their own, nor takes one out: every changed byte ends the attempt.
    let (tx, _) = begin(&mut browser, COFFEE).await;
    for at in [0, tx.len() / 3, tx.len() / 2, tx.len() - 2] {
        let mut changed = tx.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(browser.open(&platform, ID, &format!("/confirm?tx={changed}")).await.status(), 410, "byte {at}");
        assert_eq!(browser.open(&platform, COFFEE, &format!("/.sf/confirm?tx={changed}")).await.status(), 410);
    }
    assert_eq!(browser.open(&platform, TEA, &format!("/.sf/confirm?tx={tx}")).await.status(), 410, "another app's");
    assert_eq!(browser.open(&platform, COFFEE, "/.sf/confirm").await.status(), 410);
    // An attempt without a demand, of a browser that is a stranger there: it leads to a session with what Olga has, and the app
    // asks for the rest all the same.
    let mut plain = browser.clone();
    plain.jar.remove(COFFEE);
    let page = plain.open(&platform, COFFEE, "/caller").await;
    let way = page.location();
    let page = plain.open(&platform, ID, &format!("/sign-in?tx={}", tx_of(&way))).await;
    let way = page.location();
    let way = way.split_once(&format!("{COFFEE}:{}", platform.port)).unwrap().1.to_owned();
    assert_eq!(plain.open(&platform, COFFEE, &way).await.location(), "/caller");
    let page = plain.open(&platform, COFFEE, "/caller").await;
    assert!(page.status() == 303 && page.location().contains("/sign-in?tx="), "{}", page.status());

    // Raised for coffee. At tea that session is none, and the session of before is not the raised one.
    let (page, _) = confirm(&platform, &mut browser, &mut device, &tx).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    let raised = browser.cookie(COFFEE, "__Host-sf-session").unwrap().1;
    let mut thief = Browser::default();
    thief.jar.entry(TEA.to_owned()).or_default().insert("__Host-sf-session".to_owned(), raised);
    let page = thief.open(&platform, TEA, "/caller").await;
    let page = thief.follow(&platform, page).await;
    assert!(page.host == ID && page.path.starts_with("/sign-in?tx="), "{} {}", page.host, page.path);

    // Nor does she confirm a change of her account with less than she has.
    let page = browser.send(&platform, ID, "/confirm", &[("to", "/account/passkeys"), ("password", PASSWORD)]).await;
    assert_eq!(page.status(), 422, "{}", page.text());
    // Signed out, the raised session is over with the others.
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 200);
    let kept = browser.clone();
    assert_eq!(browser.send(&platform, ID, "/sign-out", &[]).await.status(), 200);
    assert_eq!(kept.clone().open(&platform, COFFEE, "/caller").await.status(), 303);

    // Signed in anew with a password and a code only, on the way to a function that wants more: asked for more, then in.
    let page = gus.open(&platform, COFFEE, "/caller").await;
    let page = gus.follow(&platform, page).await;
    assert_eq!(page.status(), 200, "Gus showed his passkey: {}", page.text());
    assert_eq!(caller(&page)["assurance"], "phishing-resistant");
    let mut anew = Browser::default();
    let page = anew.open(&platform, TEA, "/caller").await;
    let tx = tx_of(&page.location());
    let page = password(&platform, &mut anew, &tx, "gus@example.org", PASSWORD).await;
    let page = anew.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (200, ID), "{}", page.text());
    let tx = page.field("tx");
    let (page, _) = confirm(&platform, &mut anew, &mut key, &tx).await;
    let page = anew.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (200, TEA), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_in_javascript_demands_it_in_a_line() {
    let platform = javascript::platform(&Setup::default()).await;
    let source = "export default {\n  async fetch(request, env, ctx) {\n    await null;\n    try { return new Response(`in: ${ctx.require(\"multi-factor\", 300).subject}`); }\n    \
                  catch { return new Response(\"caught\"); }\n  },\n};\n";
    let manifest = "[[function]]\nroute = \"/*\"\nsource = \"safe.js\"\nmin_assurance = \"single-factor\"\n";
    let folder = javascript::project(&platform, "safe", manifest, &[("safe.js", source)]);
    javascript::deploy(&platform, &folder);
    let token = javascript::call_token(&platform, "safe");
    let answer = platform.app("safe", "GET", "/", Some(&token), "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (401, &json!("ID-008")), "{}", answer.text());
    assert!(challenge(&answer.headers).contains("acr_values=\"urn:sf:mfa urn:sf:phr\", max_age=\"300\""));

    // What the hand tool says of a demand, and of a misspelt one.
    let ran = platform.cli_in(&folder, &["check"]);
    assert!(ran.code == 0 && ran.out.contains("members, single-factor"), "{} {}", ran.out, ran.err);
    assert!(platform.cli(&["apps", "safe"]).out.contains("members, single-factor"));
    assert_eq!(platform.cli_in(&folder, &["types"]).code, 0);
    let types = std::fs::read_to_string(folder.join("serviceful.d.ts")).unwrap();
    assert!(types.contains("require(assurance: Assurance, maxAgeSeconds?: number): User;"), "{types}");
    let file = folder.join("serviceful.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    for (line, says) in
        [("min_asurance = \"multi-factor\"", "did you mean `min_assurance`?"), ("max_auth_age_s = 0", "write 1 to")]
    {
        std::fs::write(&file, format!("{text}{line}\n")).unwrap();
        let ran = platform.cli_in(&folder, &["check"]);
        assert!(ran.code != 0 && ran.err.contains(says), "{}", ran.err);
    }
}
