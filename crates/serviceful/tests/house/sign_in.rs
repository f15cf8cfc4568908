//! Signing in at a browser: the whole journey, and what attackers do to it.
use aws_lc_rs::hmac;
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    platform::{Platform, Setup, guest},
};

pub(crate) const ID: &str = "id.localhost";
pub(crate) const COFFEE: &str = "coffee.localhost";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const EMAIL: &str = "olga@example.org";

/// The code of an authenticator app (RFC 6238), `step` steps from now.
pub(crate) fn totp(secret: &str, step: i64) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let counter = (now / 30).checked_add_signed(step).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let word = u32::from_be_bytes([tag[at] & 0x7f, tag[at + 1], tag[at + 2], tag[at + 3]]);
    format!("{:06}", word % 1_000_000)
}

/// The secret that the page of an authenticator shows, in groups of four.
pub(crate) fn secret_of(page: &Page) -> String {
    let text = page.text();
    let mut words = text.split(|c: char| !(c.is_ascii_uppercase() || ('2'..='7').contains(&c) || c == ' '));
    let found = words.find(|word| word.trim().replace(' ', "").len() == 32);
    found.unwrap_or_else(|| panic!("no secret in {text}")).replace(' ', "")
}

pub(crate) fn recovery_codes(page: &Page) -> Vec<String> {
    let text = page.text();
    text.split("<li>").skip(1).map(|rest| rest.split("</li>").next().unwrap().to_owned()).collect()
}

/// An owner who came by the claim link, with password, authenticator and codes; the browser is signed in at the sign-in pages.
async fn owned(platform: &Platform) -> (Browser, String, Vec<String>, String) {
    let code = platform.claim_code(&[]);
    let mut browser = Browser::default();
    let page = browser.open(platform, "console.localhost", "/claim").await;
    let page = browser.follow(platform, page).await;
    assert_eq!((page.status(), page.host.as_str(), page.path.as_str()), (200, ID, "/claim"));
    let form = [("secret", code.as_str()), ("name", "Olga <Owner>"), ("email", EMAIL), ("new_password", PASSWORD)];
    let page = browser.send(platform, ID, "/claim", &form).await;
    let page = browser.follow(platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/account/authenticator"), "{}", page.text());
    let secret = secret_of(&page);
    let used = totp(&secret, 0);
    let page = browser.send(platform, ID, "/account/authenticator", &[("code", &used)]).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    let codes = recovery_codes(&page);
    assert_eq!(codes.len(), 10, "{}", page.text());
    let page = browser.send(platform, ID, "/account/recovery-codes/saved", &[("saved", "on")]).await;
    let page = browser.follow(platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/account"), "{}", page.text());
    assert!(
        page.text().contains("Olga &#60;Owner&#62;") || page.text().contains("Olga &lt;Owner&gt;"),
        "{}",
        page.text()
    );
    (browser, secret, codes, used)
}

/// A platform whose owner is Olga, with app `coffee`, which nobody but members may call.
async fn house() -> (Platform, Browser) {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let browser = second_owner(&platform).await;
    (platform, browser)
}

/// Olga, by the pages, and a member of `coffee`.
pub(crate) async fn second_owner(platform: &Platform) -> Browser {
    let code = platform.claim_code(&["--again"]);
    let mut browser = Browser::default();
    let form = [("secret", code.as_str()), ("name", "Olga"), ("email", EMAIL), ("new_password", PASSWORD)];
    let page = browser.send(platform, ID, "/claim", &form).await;
    let page = browser.follow(platform, page).await;
    let secret = secret_of(&page);
    let page = browser.send(platform, ID, "/account/authenticator", &[("code", &totp(&secret, 0))]).await;
    assert_eq!(recovery_codes(&page).len(), 10, "{}", page.text());
    let person = person_of(platform, "Olga").await;
    let path = format!("/api/v1/apps/coffee/members/{person}");
    let (status, said) = platform.api("PUT", &path, Some(&json!({"role": "member"}))).await;
    assert!(status.is_success(), "{said}");
    browser
}

pub(crate) async fn person_of(platform: &Platform, name: &str) -> String {
    let (status, people) = platform.api("GET", "/api/v1/people", None).await;
    assert_eq!(status, 200, "{people}");
    let all = people["people"].as_array().unwrap();
    all.iter().find(|p| p["name"] == name).unwrap_or_else(|| panic!("{people}"))["person"].as_str().unwrap().to_owned()
}

/// From the sign-in page to the second factor, or to wherever the password alone leads.
pub(crate) async fn password(
    platform: &Platform,
    browser: &mut Browser,
    tx: &str,
    email: &str,
    password: &str,
) -> Page {
    let page = browser.send(platform, ID, "/sign-in", &[("tx", tx), ("email", email)]).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    browser.send(platform, ID, "/sign-in/password", &[("tx", tx), ("email", email), ("password", password)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_claim_link_to_a_function_and_out_again() {
    let platform = Platform::start(&Setup::default());
    let (mut browser, secret, codes, used) = owned(&platform).await;
    // The owner's command line deploys.
    let mut platform = platform;
    let code = platform.claim_code(&["--again"]);
    let (_, made) = platform.api("POST", "/api/v1/claim", Some(&json!({"code": code, "name": "Tool"}))).await;
    platform.owner = made["token"].as_str().unwrap().to_owned();
    platform.person = made["person"].as_str().unwrap().to_owned();
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let olga = person_of(&platform, "Olga <Owner>").await;

    // Signed in, and not a member: a page that says so, and no redirect.
    let page = browser.open(&platform, COFFEE, "/caller?x=1").await;
    assert_eq!(page.status(), 303);
    let page = browser.follow(&platform, page).await;
    assert_eq!(page.status(), 403, "{}", page.text());
    assert!(page.text().contains("coffee") && page.text().contains("GET /caller?x=1"), "{}", page.text());
    assert!(page.text().contains("href=\"/.sf/assets/"), "its style comes from the app's own origin");
    let style = page.text().split_once("href=\"/.sf/assets/pages.").unwrap().1.split_once('"').unwrap().0.to_owned();
    let style = browser.open(&platform, COFFEE, &format!("/.sf/assets/pages.{style}")).await;
    assert_eq!(
        (style.status(), style.answer.headers["content-type"].to_str().unwrap()),
        (200, "text/css; charset=utf-8")
    );

    let (status, _) =
        platform.api("PUT", &format!("/api/v1/apps/coffee/members/{olga}"), Some(&json!({"role": "member"}))).await;
    assert!(status.is_success());
    let page = browser.open(&platform, COFFEE, "/caller").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    assert!(page.text().contains(&olga), "the function knows who it is: {}", page.text());
    let seen = browser.open(&platform, COFFEE, "/headers").await.text().to_lowercase();
    assert!(!seen.contains("cookie") && !seen.contains("__host-"), "{seen}");

    // A script of the page: the session counts; without one it gets 401 and no redirect.
    let script = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    assert_eq!(browser.request(&platform, "GET", COFFEE, "/caller", &script, String::new()).await.status(), 200);
    let mut stranger = Browser::default();
    let refused = stranger.request(&platform, "GET", COFFEE, "/caller", &script, String::new()).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.answer.headers.contains_key("www-authenticate"));

    // Out: the session at the app is a child, and ends with its parent.
    let kept = browser.clone();
    let page = browser.send(&platform, ID, "/sign-out", &[]).await;
    assert_eq!(page.status(), 200);
    let mut thief = kept;
    let page = thief.open(&platform, COFFEE, "/caller").await;
    assert_eq!(page.status(), 303, "a cookie that was kept opens nothing");
    let page = thief.follow(&platform, page).await;
    assert!(page.host == ID && page.path.starts_with("/sign-in?tx="), "{} {}", page.host, page.path);

    // In again: password, a code, and back to where they wanted to go.
    let page = browser.open(&platform, COFFEE, "/caller?again=1").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.host.as_str()), (200, ID));
    assert!(page.text().contains("coffee"), "it says for which app");
    let policy = page.answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("form-action 'self' http://{COFFEE}:{}", platform.port)), "{policy}");
    let tx = page.field("tx");
    let page = password(&platform, &mut browser, &tx, " OLGA@example.org ", PASSWORD).await;
    let page = browser.follow(&platform, page).await;
    assert!(page.path.starts_with("/sign-in/code"), "{} {}", page.path, page.text());
    let used = browser.send(&platform, ID, "/sign-in/code", &[("tx", &tx), ("code", &used)]).await;
    assert_eq!(used.status(), 422, "a code counts once, also the one that set the authenticator up");
    let page = browser.send(&platform, ID, "/sign-in/code", &[("tx", &tx), ("code", &totp(&secret, 1))]).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/caller?again=1"), "{}", page.text());
    assert!(page.text().contains(&olga));

    // And with a recovery code in place of the code, once.
    for (attempt, wanted) in [(0, 303), (1, 422)] {
        let mut elsewhere = Browser::default();
        let page = password(&platform, &mut elsewhere, "", EMAIL, PASSWORD).await;
        assert_eq!(page.status(), 303);
        let page =
            elsewhere.send(&platform, ID, "/sign-in/recovery", &[("recovery_code", &codes[0].to_lowercase())]).await;
        assert_eq!(page.status(), wanted, "attempt {attempt}: {}", page.text());
    }

    let events = platform.audit("action=sign-in&limit=100").await;
    let notes: Vec<String> = events.iter().filter_map(|e| e["note"].as_str().map(str::to_owned)).collect();
    for wanted in ["signed in with the claim", "signed in with a password and a code", "a recovery code", "signed out"]
    {
        assert!(notes.iter().any(|note| note.contains(wanted)), "{wanted}: {notes:?}");
    }
    let all = events.iter().map(ToString::to_string).collect::<String>();
    for private in [PASSWORD, EMAIL, &codes[0], &secret] {
        assert!(!all.contains(private), "the log holds `{private}`");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_has_an_account_and_guessing_is_slowed() {
    let (platform, _) = house().await;
    let scrub = |page: &Page| {
        let text = page.text().replace("olga@example.org", "X").replace("omar@example.org", "X");
        let mut headers: Vec<String> = page.answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
        headers.retain(|line| !line.starts_with("sf-request") && !line.starts_with("date"));
        (page.status(), headers, text)
    };
    let mut answers = Vec::new();
    for email in [EMAIL, "omar@example.org"] {
        let mut browser = Browser::default();
        let first = browser.send(&platform, ID, "/sign-in", &[("email", email)]).await;
        let page = password(&platform, &mut browser, "", email, "a wrong password, long enough").await;
        assert_eq!(page.status(), 422);
        assert!(browser.jar.values().all(std::collections::BTreeMap::is_empty), "no cookie tells either");
        answers.push((scrub(&first), scrub(&page)));
    }
    assert_eq!(answers[0], answers[1]);
    let reasons: Vec<String> = platform
        .audit("action=sign-in&result=refused&limit=10")
        .await
        .iter()
        .map(|e| e["outcome"]["reason"].as_str().unwrap().to_owned())
        .collect();
    assert!(reasons.iter().any(|r| r.contains("nobody has this address")), "{reasons:?}");
    assert!(reasons.iter().any(|r| r.contains("wrong password")), "the log knows the difference: {reasons:?}");

    // Both are slowed after as many attempts, in the same words, and the right password does not help while they are.
    for email in [EMAIL, "omar@example.org"] {
        let mut browser = Browser::default();
        let mut tried = 1;
        let page = loop {
            let page = password(&platform, &mut browser, "", email, "a wrong password, long enough").await;
            tried += 1;
            if page.status() == 429 {
                break page;
            }
            assert!(tried < 12, "{email} is not slowed");
        };
        assert!(page.answer.headers.contains_key("retry-after"));
        assert_eq!(password(&platform, &mut browser, "", email, PASSWORD).await.status(), 429);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_works_once_in_the_browser_that_began_it() {
    let (platform, signed_in) = house().await;
    // Up to the callback, which is not opened.
    let begin = async |browser: &mut Browser, path: &str| {
        let page = browser.open(&platform, COFFEE, path).await;
        assert_eq!(page.status(), 303, "{}", page.text());
        let way = page.location();
        let tx = way.split_once("?tx=").unwrap().1.to_owned();
        let page = browser.open(&platform, ID, &format!("/sign-in?tx={tx}")).await;
        assert_eq!(page.status(), 303, "{}", page.text());
        let way = page.location();
        way.split_once(&format!("{COFFEE}:{}", platform.port)).unwrap().1.to_owned()
    };

    // Another browser: nothing, and the code is not burnt by it.
    let mut browser = signed_in.clone();
    let back = begin(&mut browser, "/caller").await;
    let mut victim = Browser::default();
    let page = victim.open(&platform, COFFEE, &back).await;
    assert_eq!(page.status(), 410, "login forgery: {}", page.text());
    assert!(victim.cookie(COFFEE, "__Host-sf-session").is_none());
    // HEAD, a changed state, a foreign issuer, no code.
    let fields = [("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(browser.request(&platform, "HEAD", COFFEE, &back, &fields, String::new()).await.status(), 410);
    let foreign = back.replace("iss=http%3A%2F%2Fid.localhost", "iss=http%3A%2F%2Fevil.example");
    assert_eq!(browser.open(&platform, COFFEE, &foreign).await.status(), 410);
    let code = back.split_once("code=").unwrap().1.split_once('&').unwrap().0.to_owned();
    let flipped = back.replace("&iss", "x&iss");
    assert_eq!(browser.open(&platform, COFFEE, &flipped).await.status(), 410, "another state");
    // A flipped bit in the sealed cookie.
    let (name, value) = browser.cookie(COFFEE, "__Host-sf-tx-").unwrap();
    for at in [0, value.len() / 2, value.len() - 2] {
        let mut changed = value.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let mut mangled = browser.clone();
        mangled.jar.get_mut(COFFEE).unwrap().insert(name.clone(), String::from_utf8(changed).unwrap());
        assert_eq!(mangled.open(&platform, COFFEE, &back).await.status(), 410, "byte {at}");
    }
    // The transaction of one attempt with the code of another: the code is used up by that.
    let mut two = signed_in.clone();
    let first = begin(&mut two, "/caller").await;
    let second = begin(&mut two, "/caller").await;
    let state = |way: &str| way.split_once("state=").unwrap().1.split_once('&').unwrap().0.to_owned();
    let crossed = first.replace(&state(&first), &state(&second));
    assert_eq!(two.open(&platform, COFFEE, &crossed).await.status(), 410, "another attempt's verifier");
    assert_eq!(two.open(&platform, COFFEE, &first).await.status(), 410, "the code was burnt by it");

    // The honest way; then the same again.
    let page = browser.open(&platform, COFFEE, &back).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/caller"));
    assert_eq!(page.answer.headers["cache-control"], "no-store");
    assert_eq!(page.answer.headers["referrer-policy"], "no-referrer");
    assert!(browser.cookie(COFFEE, "__Host-sf-tx-").is_none(), "the transaction is gone");
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 200);
    let mut replay = browser.clone();
    replay.jar.get_mut(COFFEE).unwrap().insert(name, value);
    assert_eq!(replay.open(&platform, COFFEE, &back).await.status(), 410, "replayed");
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 303, "what the first use opened has ended");
    let events = platform.audit("action=sign-in&result=refused&app=coffee&limit=50").await;
    let reasons = events.iter().map(|e| e["outcome"]["reason"].to_string()).collect::<String>();
    for wanted in
        ["did not begin the attempt", "head only", "another state", "was changed", "another attempt", "used before"]
    {
        assert!(reasons.contains(wanted), "{wanted}: {reasons}");
    }
    assert!(!reasons.contains(&code), "no code in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_counts_at_its_own_origin_and_nobody_can_plant_one() {
    let (platform, mut browser) = house().await;
    platform.deploy("tea", &guest("echo-p2"), "").await;
    let olga = person_of(&platform, "Olga").await;
    let path = format!("/api/v1/apps/tea/members/{olga}");
    assert!(platform.api("PUT", &path, Some(&json!({"role": "member"}))).await.0.is_success());
    let page = browser.open(&platform, COFFEE, "/caller").await;
    let page = browser.follow(&platform, page).await;
    assert_eq!(page.status(), 200);
    let coffee = browser.cookie(COFFEE, "__Host-sf-session").unwrap().1;
    let sso = browser.cookie(ID, "__Host-sf-sso").unwrap().1;

    let with = |host: &str, name: &str, value: &str| {
        let mut other = Browser::default();
        other.jar.entry(host.to_owned()).or_default().insert(name.to_owned(), value.to_owned());
        other
    };
    // Another app's session, the session of the sign-in pages, the console.
    for (host, name, value) in [
        ("tea.localhost", "__Host-sf-session", &coffee),
        ("tea.localhost", "__Host-sf-session", &sso),
        (COFFEE, "__Host-sf-session", &sso),
        (COFFEE, "__Host-sf-sso", &sso),
        (COFFEE, "__Host-sf-session", &"0".repeat(43)),
    ] {
        let page = with(host, name, value).open(&platform, host, "/caller").await;
        assert_eq!(page.status(), 303, "{host} {name}");
    }
    let script = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    for (name, value) in [("__Host-sf-session", &coffee), ("__Host-sf-sso", &sso)] {
        let mut other = with("console.localhost", name, value);
        let page = other.request(&platform, "GET", "console.localhost", "/api/v1/whoami", &script, String::new()).await;
        assert_eq!(page.status(), 401, "a session opens nothing of the control API");
    }
    let page = with(ID, "__Host-sf-sso", &coffee).open(&platform, ID, "/account").await;
    assert_eq!(
        (page.status(), page.location().as_str()),
        (303, "/sign-in"),
        "an app's session is none at the sign-in pages"
    );
    // Twice the same cookie is none.
    let twice = [("cookie", format!("__Host-sf-session={coffee}; __Host-sf-session={coffee}"))];
    let fields: Vec<(&str, &str)> = script.iter().copied().chain(twice.iter().map(|(n, v)| (*n, v.as_str()))).collect();
    let mut bare = Browser::default();
    assert_eq!(bare.request(&platform, "GET", COFFEE, "/caller", &fields, String::new()).await.status(), 401);
    // A token of the platform opens no page; a call token beats the cookie.
    let owner = format!("Bearer {}", platform.owner);
    let page = bare.request(&platform, "GET", ID, "/account", &[("authorization", &owner)], String::new()).await;
    assert_eq!(page.status(), 401);

    // What another site makes the browser do.
    for site in ["cross-site", "same-site"] {
        let fields = [("sec-fetch-site", site), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
        let page = browser.request(&platform, "GET", COFFEE, "/caller", &fields, String::new()).await;
        assert_eq!(page.status(), 401, "{site}: the cookie is not looked at");
        let fields = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert_eq!(browser.request(&platform, "POST", COFFEE, "/echo", &fields, String::new()).await.status(), 403);
        for path in ["/sign-in/password", "/sign-out", "/claim", "/account/sessions/end-others"] {
            let page = browser.request(&platform, "POST", ID, path, &fields, String::new()).await;
            assert_eq!(page.status(), 403, "{site} {path}");
        }
    }
    // A form without a word of where it came from.
    let silent = [("content-type", "application/x-www-form-urlencoded")];
    let form = format!("email={EMAIL}&password=x");
    let page = Browser::default().request(&platform, "POST", ID, "/sign-in/password", &silent, form).await;
    assert_eq!(page.status(), 403);
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 200, "all of that ended nothing");

    // Session fixation: whatever was there before, signing in opens a new one and ends the old.
    let mut again = browser.clone();
    let page = again.open(&platform, ID, "/sign-in").await;
    assert_eq!(page.location(), "/account", "already signed in");
    let page = password(&platform, &mut again, "", EMAIL, PASSWORD).await;
    assert_eq!(page.status(), 303);
    assert_eq!(again.cookie(ID, "__Host-sf-sso").unwrap().1, sso, "a password alone changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_elsewhere_and_tampered_attempts_lead_nowhere() {
    let (platform, mut browser) = house().await;
    // Targets that the door lets through, and what becomes of them.
    for target in ["/caller?next=//evil.example", "/caller?next=https://evil.example/&x=%0d%0aset-cookie:a"] {
        let page = browser.open(&platform, COFFEE, target).await;
        let page = browser.follow(&platform, page).await;
        assert_eq!((page.host.as_str(), page.path.as_str()), (COFFEE, target));
        browser.jar.remove(COFFEE);
    }
    for target in ["//evil.example", "/\\evil.example", "/%2f/evil.example", "/..//evil.example"] {
        let page = browser.open(&platform, COFFEE, target).await;
        assert!(page.status() == 400 || !page.answer.headers.contains_key("location"), "{target}: {}", page.status());
    }
    // Reserved paths belong to no function, and lead nowhere.
    for path in ["/.sf/", "/.sf/x", "/.sf/callback/x", "/.sf/assets/none.css"] {
        assert_eq!(browser.open(&platform, COFFEE, path).await.status(), 404, "{path}");
    }
    assert_eq!(browser.open(&platform, COFFEE, "/.sf/callback").await.status(), 410);
    // A request that nobody sealed, or another value that we sealed.
    let page = Browser::default().open(&platform, COFFEE, "/caller").await;
    let tx = page.location().split_once("?tx=").unwrap().1.to_owned();
    let cookie = page.answer.headers["set-cookie"]
        .to_str()
        .unwrap()
        .split_once('=')
        .unwrap()
        .1
        .split_once(';')
        .unwrap()
        .0
        .to_owned();
    let flipped = format!("{}{}", if tx.starts_with('A') { "B" } else { "A" }, &tx[1..]);
    for bad in ["x", "AAAA", &flipped, &cookie, &tx[..tx.len() - 4], &"A".repeat(7_000)] {
        let page = browser.open(&platform, ID, &format!("/sign-in?tx={bad}")).await;
        assert_eq!(page.status(), 410, "{bad}");
    }
    // Parallel tabs do not disturb each other, and a browser is not filled with attempts.
    let mut tabs = Browser::default();
    let first = tabs.open(&platform, COFFEE, "/caller?tab=1").await;
    let second = tabs.open(&platform, COFFEE, "/caller?tab=2").await;
    tabs.jar.insert(ID.to_owned(), browser.jar[ID].clone());
    for (page, path) in [(second, "/caller?tab=2"), (first, "/caller?tab=1")] {
        let page = tabs.follow(&platform, page).await;
        assert_eq!((page.status(), page.path.as_str()), (200, path));
    }
    let mut many = Browser::default();
    for _ in 0..40 {
        many.open(&platform, COFFEE, "/caller").await;
    }
    assert!(many.jar[COFFEE].len() <= 5, "{}", many.jar[COFFEE].len());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_is_out_at_once() {
    let (platform, _) = house().await;
    // A guest, invited to the app.
    let (status, made) =
        platform.api("POST", "/api/v1/invitations", Some(&json!({"email": "Gus@Example.org", "app": "coffee"}))).await;
    assert_eq!(status, 201, "{made}");
    let link = made["link"].as_str().unwrap();
    let secret = link.split_once("?secret=").unwrap().1;
    let mut gus = Browser::default();
    let page = gus.open(&platform, ID, &format!("/invitation?secret={secret}")).await;
    assert_eq!(page.status(), 200, "opening a link uses nothing up: {}", page.text());
    assert!(page.text().contains("gus@example.org"), "{}", page.text());
    let short = [("secret", secret), ("name", "Gus"), ("new_password", "short")];
    assert_eq!(gus.send(&platform, ID, "/invitation", &short).await.status(), 422);
    let form = [("secret", secret), ("name", "Gus"), ("email", "other@example.org"), ("new_password", PASSWORD)];
    let page = gus.send(&platform, ID, "/invitation", &form).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    assert_eq!(Browser::default().send(&platform, ID, "/invitation", &form).await.status(), 410, "used");
    let enter = async |gus: &mut Browser| {
        let page = gus.open(&platform, COFFEE, "/caller").await;
        gus.follow(&platform, page).await
    };
    let page = enter(&mut gus).await;
    assert_eq!(page.status(), 200, "a member from the invitation: {}", page.text());
    let id = person_of(&platform, "Gus").await;
    let (_, people) = platform.api("GET", "/api/v1/people", None).await;
    assert!(people.to_string().contains("gus@example.org") && !people.to_string().contains("other@example.org"));

    // Out of the app: the next request is refused, though the sign-in session lives.
    let member = format!("/api/v1/apps/coffee/members/{id}");
    assert!(platform.api("DELETE", &member, None).await.0.is_success());
    assert_eq!(enter(&mut gus).await.status(), 403);
    assert!(platform.api("PUT", &member, Some(&json!({"role": "member"}))).await.0.is_success());
    assert_eq!(enter(&mut gus).await.status(), 200);

    // A new password ends every other session.
    let mut elsewhere = Browser::default();
    let page = password(&platform, &mut elsewhere, "", "gus@example.org", PASSWORD).await;
    assert_eq!(page.status(), 303);
    assert_eq!(enter(&mut elsewhere).await.status(), 200);
    let (_, list) = platform.api("GET", &format!("/api/v1/people/{id}/sessions"), None).await;
    assert_eq!(list["sessions"].as_array().unwrap().len(), 4, "{list}");
    let new = "another password of some length";
    let wrong = [("password", "not the present one at all"), ("new_password", new)];
    assert_eq!(gus.send(&platform, ID, "/account/password", &wrong).await.status(), 422);
    let right = [("password", PASSWORD), ("new_password", new)];
    assert_eq!(gus.send(&platform, ID, "/account/password", &right).await.status(), 303);
    assert_eq!(elsewhere.open(&platform, COFFEE, "/caller").await.status(), 303, "elsewhere is out");
    assert_eq!(elsewhere.open(&platform, ID, "/account").await.status(), 303);
    assert_eq!(gus.open(&platform, ID, "/account").await.status(), 200);
    assert_eq!(enter(&mut gus).await.status(), 200);

    // Disabled: out at once, and the old sessions do not come back.
    let person = format!("/api/v1/people/{id}");
    assert!(platform.api("PUT", &person, Some(&json!({"disabled": true}))).await.0.is_success());
    assert_eq!(gus.open(&platform, COFFEE, "/caller").await.status(), 303);
    assert_eq!(password(&platform, &mut Browser::default(), "", "gus@example.org", new).await.status(), 422);
    assert!(platform.api("PUT", &person, Some(&json!({"disabled": false}))).await.0.is_success());
    assert_eq!(gus.open(&platform, COFFEE, "/caller").await.status(), 303);
    let mut back = Browser::default();
    assert_eq!(password(&platform, &mut back, "", "gus@example.org", new).await.status(), 303);
    assert_eq!(enter(&mut back).await.status(), 200);

    // Signed out by the owner, and removed.
    let ran = platform.cli_in(&platform.data(), &["--host", "sessions", "end", "Gus"]);
    assert!(ran.code == 0 && ran.out.contains("of p-"), "{} {}", ran.out, ran.err);
    assert_eq!(back.open(&platform, COFFEE, "/caller").await.status(), 303);
    let ran = platform.cli_in(&platform.data(), &["--host", "people", "remove", "Gus", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(password(&platform, &mut Browser::default(), "", "gus@example.org", new).await.status(), 422);
    let ran = platform.cli_in(&platform.data(), &["--host", "invite", "gus@example.org", "--app", "coffee"]);
    assert!(ran.out.contains("/invitation?secret="), "the address is free again: {} {}", ran.out, ran.err);
}
