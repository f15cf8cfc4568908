//! Passkeys: the journey of somebody who has nothing else, and what attackers do to it.
use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page, encode},
    device::Device,
    platform::{Platform, Setup, guest},
    sign_in::{COFFEE, EMAIL, ID, PASSWORD, password, person_of, recovery_codes, secret_of, totp},
};

pub(crate) fn origin(platform: &Platform) -> String {
    format!("http://{ID}:{}", platform.port)
}

/// What the script of a page asks for.
async fn options(platform: &Platform, browser: &mut Browser, path: &str, form: &[(&str, &str)]) -> Page {
    let body = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
    let origin = origin(platform);
    let fields = [
        ("origin", origin.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    browser.request(platform, "POST", ID, path, &fields, body).await
}

/// The question, and the sealed memory that goes with it.
pub(crate) async fn question(
    platform: &Platform,
    browser: &mut Browser,
    path: &str,
    form: &[(&str, &str)],
) -> (Value, String) {
    let page = options(platform, browser, path, form).await;
    assert_eq!(page.status(), 200, "{path}: {}", page.text());
    assert_eq!(page.answer.headers["cache-control"], "no-store");
    let question = page.answer.json();
    let ceremony = question["ceremony"].as_str().unwrap().to_owned();
    (question, ceremony)
}

async fn answer(platform: &Platform, browser: &mut Browser, credential: &str, ceremony: &str) -> Page {
    let form = [("tx", ""), ("credential", credential), ("ceremony", ceremony)];
    browser.send(platform, ID, "/sign-in/passkey", &form).await
}

async fn sign_in(platform: &Platform, browser: &mut Browser, device: &mut Device) -> Page {
    let (question, ceremony) = question(platform, browser, "/sign-in/passkey/options", &[("tx", "")]).await;
    answer(platform, browser, &device.show(&question), &ceremony).await
}

/// Confirms with a passkey, for `to`.
async fn confirm(platform: &Platform, browser: &mut Browser, device: &mut Device, to: &str) -> Page {
    let (question, ceremony) = question(platform, browser, "/confirm/passkey/options", &[("to", to)]).await;
    let shown = device.show(&question);
    let form = [("to", to), ("credential", shown.as_str()), ("ceremony", ceremony.as_str())];
    browser.send(platform, ID, "/confirm/passkey", &form).await
}

/// An owner by the claim link with a passkey and nothing else; ten recovery codes.
pub(crate) async fn owned(platform: &Platform, again: &[&str]) -> (Browser, Device, Vec<String>) {
    let code = platform.claim_code(again);
    let (mut browser, mut device) = (Browser::default(), Device::new(&origin(platform)));
    let form = [("secret", code.as_str()), ("name", "Olga"), ("email", EMAIL)];
    let (question, ceremony) = question(platform, &mut browser, "/passkey/options", &form).await;
    assert_eq!(question["publicKey"]["user"]["name"], EMAIL);
    let made = device.make(&question);
    let form = [&form[..], &[("credential", &made), ("ceremony", &ceremony)]].concat();
    let page = browser.send(platform, ID, "/claim", &form).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    let codes = recovery_codes(&page);
    assert_eq!(codes.len(), 10, "{}", page.text());
    (browser, device, codes)
}

/// Olga with a passkey, the owner of `coffee` by the command line, and a member of it.
pub(crate) async fn house() -> (Platform, Browser, Device, Vec<String>) {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let (browser, device, codes) = owned(&platform, &["--again"]).await;
    let person = person_of(&platform, "Olga").await;
    let path = format!("/api/v1/apps/coffee/members/{person}");
    assert!(platform.api("PUT", &path, Some(&json!({"role": "member"}))).await.0.is_success());
    (platform, browser, device, codes)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_nothing_but_a_passkey_gets_everywhere() {
    let (platform, mut browser, mut device, codes) = house().await;
    let page = browser.send(&platform, ID, "/account/recovery-codes/saved", &[("saved", "on")]).await;
    let page = browser.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/account"), "{}", page.text());
    assert!(page.text().contains("Firefox on Linux") && !page.text().contains("authenticator"), "{}", page.text());
    assert_eq!(browser.open(&platform, COFFEE, "/caller").await.status(), 303);
    let page = browser.open(&platform, COFFEE, "/caller").await;
    assert_eq!(browser.follow(&platform, page).await.status(), 200, "an owner with a passkey needs no second factor");

    // Another browser, on the way to the app.
    let mut other = Browser::default();
    let page = other.open(&platform, COFFEE, "/caller?x=1").await;
    let page = other.follow(&platform, page).await;
    let tx = page.field("tx");
    let (asked, ceremony) = question(&platform, &mut other, "/sign-in/passkey/options", &[("tx", &tx)]).await;
    assert_eq!(asked["publicKey"]["allowCredentials"], json!([]), "nobody is asked by name");
    assert_eq!(asked["publicKey"]["userVerification"], "required");
    let shown = device.show(&asked);
    let form = [("tx", tx.as_str()), ("credential", &shown), ("ceremony", &ceremony)];
    let page = other.send(&platform, ID, "/sign-in/passkey", &form).await;
    let page = other.follow(&platform, page).await;
    assert_eq!(
        (page.status(), page.host.as_str(), page.path.as_str()),
        (200, COFFEE, "/caller?x=1"),
        "{}",
        page.text()
    );

    // One more passkey, another name for it, and one less; the other browser is out then.
    let (asked, ceremony) = question(&platform, &mut browser, "/passkey/options", &[]).await;
    assert_eq!(asked["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1, "{asked}");
    let mut second = Device::new(&origin(&platform));
    let made = second.make(&asked);
    let named = |label| [("credential", made.as_str()), ("ceremony", ceremony.as_str()), ("label", label)];
    assert_eq!(browser.send(&platform, ID, "/account/passkeys", &named("a\u{202e}b")).await.status(), 422);
    let page = browser.send(&platform, ID, "/account/passkeys", &named("Work <laptop>")).await;
    assert_eq!(page.location(), "/account?done=passkey-added", "{}", page.text());
    let page = browser.send(&platform, ID, "/account/passkeys", &named("Again")).await;
    assert_eq!(page.status(), 422, "an answer counts once");
    let page = browser.open(&platform, ID, "/account").await;
    assert!(page.text().contains("Work &#60;laptop&#62;"), "{}", page.text());
    let id = page.text().rsplit_once("/account/passkeys/remove?id=").unwrap().1.split_once('"').unwrap().0.to_owned();
    let page = browser.send(&platform, ID, "/account/passkeys/rename", &[("id", &id), ("label", "Laptop")]).await;
    assert_eq!(page.status(), 303);
    for bad in ["", "a\u{202e}b", &"x".repeat(65)] {
        let page = browser.send(&platform, ID, "/account/passkeys/rename", &[("id", &id), ("label", bad)]).await;
        assert_eq!(page.status(), 422, "{bad}");
        assert!(page.text().contains("for the passkey") || page.text().contains("for the name"), "{}", page.text());
    }
    assert_eq!(
        browser.send(&platform, ID, "/account/passkeys/rename", &[("id", "x"), ("label", "y")]).await.status(),
        404
    );
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut second).await.status(), 303);
    let page = browser.open(&platform, ID, &format!("/account/passkeys/remove?id={id}")).await;
    assert!(page.text().contains("Laptop"), "{}", page.text());
    let page = browser.send(&platform, ID, "/account/passkeys/remove", &[("id", &id)]).await;
    assert_eq!(page.location(), "/account?done=passkey-removed");
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut second).await.status(), 422, "removed");
    assert_eq!(other.open(&platform, COFFEE, "/caller").await.status(), 303, "every other session ended");
    let page = browser.open(&platform, ID, "/account").await;
    let first =
        page.text().rsplit_once("/account/passkeys/remove?id=").unwrap().1.split_once('"').unwrap().0.to_owned();
    let page = browser.send(&platform, ID, "/account/passkeys/remove", &[("id", &first)]).await;
    assert_eq!(page.status(), 422, "the last way in stays: {}", page.text());
    // Another's is none.
    let page = browser.send(&platform, ID, "/account/passkeys/remove", &[("id", &id)]).await;
    assert_eq!(page.status(), 404);

    // The device is lost: a code stands alone, once, and leads an owner to a new passkey.
    let mut lost = Browser::default();
    assert!(lost.open(&platform, ID, "/sign-in/recovery").await.text().contains("name=\"email\""));
    let form = [("email", EMAIL), ("recovery_code", codes[0].as_str())];
    let page = lost.send(&platform, ID, "/sign-in/recovery", &form).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/account/passkeys"), "{}", page.text());
    let page = lost.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/account/passkeys"), "{}", page.text());
    assert_eq!(Browser::default().send(&platform, ID, "/sign-in/recovery", &form).await.status(), 422, "once");
    let page = lost.open(&platform, COFFEE, "/caller").await;
    let page = lost.follow(&platform, page).await;
    assert_eq!(
        (page.host.as_str(), page.path.split('?').next().unwrap()),
        (ID, "/account/passkeys"),
        "nothing opens before"
    );
    let (asked, ceremony) = question(&platform, &mut lost, "/passkey/options", &[]).await;
    let mut third = Device::new(&origin(&platform));
    let made = third.make(&asked);
    let form = [("credential", made.as_str()), ("ceremony", ceremony.as_str()), ("label", "New")];
    let page = lost.send(&platform, ID, "/account/passkeys", &form).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    let page = lost.open(&platform, COFFEE, "/caller").await;
    assert_eq!(lost.follow(&platform, page).await.status(), 200);
    assert_eq!(
        browser.open(&platform, ID, "/account").await.location(),
        "/sign-in",
        "a new passkey after a code ends the others"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_counts_for_one_person_one_origin_and_once() {
    let (platform, mut browser, mut device, codes) = house().await;
    let mut refused = 0;
    let mut stranger = Browser::default();
    let path = "/sign-in/passkey/options";

    // A device that lies, one lie at a time, and then does not.
    let home = origin(&platform);
    type Lie = (&'static str, fn(&mut Device));
    let lies: [Lie; 8] = [
        ("another site", |d| d.origin = "http://id.localhost.evil.example".to_owned()),
        ("another port", |d| d.origin = "http://id.localhost:1".to_owned()),
        ("an app of the platform", |d| d.origin = d.origin.replace("id.", "coffee.")),
        ("another party", |d| d.party = "localhost".to_owned()),
        ("nobody looked who it is", |d| d.verifies = false),
        ("nobody was there", |d| d.present = false),
        ("nobody's", |d| d.handle = vec![7; 16]),
        ("no handle", |d| d.handle = Vec::new()),
    ];
    let handle = device.handle.clone();
    for (lie, tell) in lies {
        tell(&mut device);
        let page = sign_in(&platform, &mut stranger, &mut device).await;
        assert_eq!(page.status(), 422, "{lie}: {}", page.text());
        refused += 1;
        (device.origin, device.party, device.handle) = (home.clone(), "id.localhost".to_owned(), handle.clone());
        (device.verifies, device.present) = (true, true);
    }
    assert_eq!(sign_in(&platform, &mut stranger, &mut device).await.status(), 303, "it still works");

    // The same answer again, in this browser and in another; an answer with the memory of another question, of another place, or
    // with none; nothing but rubbish.
    let (asked, ceremony) = question(&platform, &mut stranger, path, &[]).await;
    let (asked_again, another) = question(&platform, &mut stranger, path, &[]).await;
    let shown = device.show(&asked);
    assert_eq!(answer(&platform, &mut Browser::default(), &shown, &another).await.status(), 422, "another challenge");
    assert_eq!(answer(&platform, &mut Browser::default(), &shown, &ceremony).await.status(), 303);
    for browser in [&mut stranger, &mut Browser::default()] {
        assert_eq!(answer(&platform, browser, &shown, &ceremony).await.status(), 422, "replayed");
    }
    let (at_confirm, confirming) = question(&platform, &mut browser, "/confirm/passkey/options", &[]).await;
    assert_eq!(at_confirm["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
    let elsewhere = device.show(&at_confirm);
    assert_eq!(
        answer(&platform, &mut Browser::default(), &elsewhere, &confirming).await.status(),
        422,
        "another place"
    );
    let (at_own, adding) = question(&platform, &mut browser, "/passkey/options", &[]).await;
    assert_eq!(
        answer(&platform, &mut Browser::default(), &device.show(&at_own), &adding).await.status(),
        422,
        "another kind"
    );
    let fine = device.show(&asked_again);
    let flipped = format!("{}{}", if another.starts_with('A') { "B" } else { "A" }, &another[1..]);
    for (credential, ceremony) in [
        (fine.as_str(), ""),
        (&fine, "AAAA"),
        (&fine, &flipped),
        (&fine, &another[..another.len() - 2]),
        ("{}", &another),
        ("refused", &another),
        ("[[[[[[[[[[[[", &another),
        (&fine.replace("webauthn", "x"), "x"),
        (&"A".repeat(20_000), &another),
    ] {
        let status = answer(&platform, &mut Browser::default(), credential, ceremony).await.status();
        assert!(status == 422 || status == 413, "{status} {credential} {ceremony}");
    }
    // Another's passkey that says it is Olga's.
    let (_, made) =
        platform.api("POST", "/api/v1/invitations", Some(&json!({"email": "gus@example.org", "app": "coffee"}))).await;
    let secret = made["link"].as_str().unwrap().split_once("?secret=").unwrap().1.to_owned();
    let form = [("secret", secret.as_str()), ("name", "Gus")];
    let mut gus = Browser::default();
    let (asked, for_gus) = question(&platform, &mut gus, "/passkey/options", &form).await;
    assert_eq!(asked["publicKey"]["user"]["name"], "gus@example.org");
    let mut guest = Device::new(&home);
    let made = guest.make(&asked);
    // What was made for the account of one is nobody else's: not with the link of another, not on an account page.
    let (own, label) = (("ceremony", for_gus.as_str()), ("label", "x"));
    assert_eq!(
        browser.send(&platform, ID, "/account/passkeys", &[("credential", &made), own, label]).await.status(),
        422
    );
    let (_, other) = platform.api("POST", "/api/v1/invitations", Some(&json!({"email": "eve@example.org"}))).await;
    let hers = other["link"].as_str().unwrap().split_once("?secret=").unwrap().1.to_owned();
    let stolen = [("secret", hers.as_str()), ("name", "Eve"), ("credential", &made), own];
    assert_eq!(Browser::default().send(&platform, ID, "/invitation", &stolen).await.status(), 422);
    let form = [&form[..], &[("credential", made.as_str()), own]].concat();
    let page = gus.send(&platform, ID, "/invitation", &form).await;
    assert_eq!(recovery_codes(&page).len(), 10, "{}", page.text());
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut guest).await.status(), 303);
    let gus_handle = std::mem::replace(&mut guest.handle, handle);
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut guest).await.status(), 422, "not Olga's");
    (guest.handle, guest.id) = (gus_handle.clone(), device.id.clone());
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut guest).await.status(), 422, "Olga's id, Gus's key");
    // Gus has a session, and Olga's device lies about beside it: it does not confirm that he is Gus.
    let page = confirm(&platform, &mut gus, &mut device, "/account/passkeys").await;
    assert_eq!(page.status(), 422, "{}", page.text());

    // Options are for those who have a link or an account; no code says who has one.
    for form in [vec![], vec![("secret", "x"), ("name", "Eve"), ("email", "eve@example.org")]] {
        assert!(matches!(
            options(&platform, &mut Browser::default(), "/passkey/options", &form).await.status(),
            401 | 422
        ));
    }
    for email in [EMAIL, "nobody@example.org"] {
        let form = [("email", email), ("recovery_code", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")];
        let page = Browser::default().send(&platform, ID, "/sign-in/recovery", &form).await;
        assert_eq!(page.status(), 422);
        assert!(page.text().replace(email, "").contains("E-mail address or recovery code is wrong"), "{}", page.text());
    }

    // Disabled, and removed.
    let id = person_of(&platform, "Olga").await;
    let person = format!("/api/v1/people/{id}");
    let (status, said) = platform.api("PUT", &person, Some(&json!({"disabled": true}))).await;
    assert!(status.is_success(), "{said}");
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut device).await.status(), 422);
    let form = [("email", EMAIL), ("recovery_code", codes[0].as_str())];
    assert_eq!(Browser::default().send(&platform, ID, "/sign-in/recovery", &form).await.status(), 422);
    assert!(platform.api("PUT", &person, Some(&json!({"disabled": false}))).await.0.is_success());
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut device).await.status(), 303);
    assert_eq!(
        Browser::default().send(&platform, ID, "/sign-in/recovery", &form).await.status(),
        303,
        "the code was kept"
    );

    // A counter that went back: a copy of the device.
    device.counts = true;
    for _ in 0..3 {
        assert_eq!(sign_in(&platform, &mut Browser::default(), &mut device).await.status(), 303);
    }
    device.counter -= 2;
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut device).await.status(), 422);
    device.counter += 5;

    // Every refusal is in the log, with its private reason, and no secret.
    let events = platform.audit("action=sign-in&result=refused&limit=200").await;
    assert!(events.len() >= refused + 20, "{}", events.len());
    let reasons = events.iter().map(|e| e["outcome"]["reason"].to_string()).collect::<String>();
    for wanted in ["used before", "not one of ours", "nobody's here", "is no credential", "is disabled"] {
        assert!(reasons.contains(wanted), "{wanted}: {reasons}");
    }
    assert!(codes.iter().all(|code| !reasons.contains(code.as_str())));

    // A platform that starts anew has forgotten which answers were used: those that were asked for before it count no more.
    let (asked, ceremony) = question(&platform, &mut Browser::default(), path, &[]).await;
    let shown = device.show(&asked);
    let mut platform = platform;
    platform.crash_and_restart();
    assert_eq!(answer(&platform, &mut Browser::default(), &shown, &ceremony).await.status(), 422);
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut device).await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_themselves_at_home_with_less_than_the_owner_has() {
    let (platform, mut browser, mut device, codes) = house().await;
    // A password beside the passkey, and the code of another app beside that.
    let page = browser.send(&platform, ID, "/account/password", &[("new_password", PASSWORD)]).await;
    assert_eq!(page.location(), "/account?done=password", "{}", page.text());

    // A thief of the password alone gets a session that opens no door and changes nothing.
    let mut thief = Browser::default();
    let page = password(&platform, &mut thief, "", EMAIL, PASSWORD).await;
    assert_eq!(page.location(), "/account/authenticator", "an owner shows two");
    let account = browser.open(&platform, ID, "/account").await.text();
    let id = account.rsplit_once("/account/passkeys/remove?id=").unwrap().1.split_once('"').unwrap().0.to_owned();
    let page = browser.send(&platform, ID, "/account/passkeys/remove", &[("id", &id)]).await;
    assert_eq!(page.status(), 422, "an owner is not left with a password alone: {}", page.text());
    for path in [
        "/account/authenticator",
        "/account/passkeys",
        "/account/password/remove",
        &format!("/account/passkeys/remove?id={id}"),
    ] {
        let page = thief.open(&platform, ID, path).await;
        assert_eq!(page.status(), 303, "{path}: {}", page.text());
        assert!(page.location().starts_with("/confirm?to="), "{path}: {}", page.location());
    }
    for (path, form) in [
        ("/account/passkeys", vec![("label", "Mine"), ("credential", "{}")]),
        ("/account/passkeys/remove", vec![("id", &*id)]),
        ("/account/authenticator", vec![("code", "123456")]),
        ("/account/password/remove", vec![]),
    ] {
        let page = thief.send(&platform, ID, path, &form).await;
        assert!(page.status() == 303 && page.location().starts_with("/confirm?to="), "{path}: {}", page.status());
    }
    let page = options(&platform, &mut thief, "/passkey/options", &[]).await;
    assert_ne!(page.status(), 200, "not even a question");
    let page = thief.open(&platform, ID, "/confirm?to=%2Faccount%2Fpasskeys").await;
    assert!(page.status() == 200 && !page.text().contains("name=\"password\""), "{}", page.text());
    let form = [("to", "/account/passkeys"), ("password", PASSWORD)];
    assert_eq!(thief.send(&platform, ID, "/confirm", &form).await.status(), 422, "the password is not enough");
    let form = [("email", EMAIL), ("recovery_code", codes[0].as_str())];
    let page = Browser::default().send(&platform, ID, "/sign-in/recovery", &form).await;
    assert_eq!(page.status(), 422, "with a password, a code does not stand alone");

    // The owner confirms, and comes back to what they wanted; nobody is led elsewhere.
    for (to, way) in
        [("/account/authenticator", "/account/authenticator"), ("//evil.example", "/account"), ("/claim", "/account")]
    {
        let before = browser.cookie(ID, "__Host-sf-sso").unwrap().1;
        let page = confirm(&platform, &mut browser, &mut device, to).await;
        assert_eq!(page.location(), way, "{}", page.text());
        assert_ne!(
            browser.cookie(ID, "__Host-sf-sso").unwrap().1,
            before,
            "a session that knows more has another secret"
        );
    }
    let page = browser.open(&platform, ID, "/account/authenticator").await;
    let secret = secret_of(&page);
    let page = browser.send(&platform, ID, "/account/authenticator", &[("code", &totp(&secret, 0))]).await;
    let codes = recovery_codes(&page);
    assert_eq!(codes.len(), 10, "{}", page.text());
    assert_eq!(thief.open(&platform, ID, "/account").await.location(), "/sign-in", "the thief is out");

    // Password and code are as good as the passkey for a confirmation; each alone is not.
    let form = [("to", "/account/recovery-codes"), ("password", PASSWORD)];
    assert_eq!(browser.send(&platform, ID, "/confirm", &form).await.status(), 422);
    let code = totp(&secret, 1);
    let wrong = [("to", "/account/recovery-codes"), ("password", "not this one at all"), ("code", &code)];
    assert_eq!(browser.send(&platform, ID, "/confirm", &wrong).await.status(), 422);
    let right = [("to", "/account/recovery-codes"), ("password", PASSWORD), ("code", &code)];
    let page = browser.send(&platform, ID, "/confirm", &right).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/account/recovery-codes"), "{}", page.text());
    assert_eq!(browser.send(&platform, ID, "/confirm", &right).await.status(), 422, "a code counts once");
    assert_eq!(browser.open(&platform, ID, "/account/recovery-codes").await.status(), 200);
    let page = browser.send(&platform, ID, "/account/recovery-codes", &[]).await;
    let fresh = recovery_codes(&page);
    assert!(fresh.len() == 10 && fresh != codes, "{}", page.text());

    // A new code works after the password, an old one does not.
    let mut other = Browser::default();
    assert_eq!(password(&platform, &mut other, "", EMAIL, PASSWORD).await.location(), "/sign-in/code");
    for (code, status) in [(&codes[1], 422), (&fresh[1], 303)] {
        let page = other.send(&platform, ID, "/sign-in/recovery", &[("recovery_code", code)]).await;
        assert_eq!(page.status(), status, "{}", page.text());
    }
    // The authenticator may go, because the passkey is there; then the password, and the passkey is all again.
    let page = browser.send(&platform, ID, "/account/authenticator/remove", &[]).await;
    assert_eq!(page.location(), "/account?done=authenticator-removed", "{}", page.text());
    assert_eq!(other.open(&platform, ID, "/account").await.location(), "/sign-in", "every other session ended");
    let page = browser.send(&platform, ID, "/account/authenticator/remove", &[]).await;
    assert_eq!(page.status(), 410, "there is none");
    let page = browser.send(&platform, ID, "/account/password/remove", &[]).await;
    assert_eq!(page.location(), "/account?done=password-removed", "{}", page.text());
    assert_eq!(password(&platform, &mut Browser::default(), "", EMAIL, PASSWORD).await.status(), 422);
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut device).await.status(), 303);
    let page = browser.open(&platform, ID, "/account?done=%3Cscript%3E").await;
    assert!(!page.text().contains("<script>"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_with_a_password_keeps_a_second_factor() {
    let platform = Platform::start(&Setup::default());
    let code = platform.claim_code(&[]);
    let mut browser = Browser::default();
    let form = [("secret", code.as_str()), ("name", "Olga"), ("email", EMAIL), ("new_password", PASSWORD)];
    let page = browser.send(&platform, ID, "/claim", &form).await;
    let page = browser.follow(&platform, page).await;
    let secret = secret_of(&page);
    let page = browser.send(&platform, ID, "/account/authenticator", &[("code", &totp(&secret, 0))]).await;
    assert_eq!(recovery_codes(&page).len(), 10, "{}", page.text());
    for (path, status) in [("/account/password/remove", 422), ("/account/authenticator/remove", 422)] {
        let page = browser.send(&platform, ID, path, &[]).await;
        assert_eq!(page.status(), status, "{path}: {}", page.text());
    }
    let page = browser.open(&platform, ID, "/account").await;
    assert!(!page.text().contains("href=\"/account/password/remove") && !page.text().contains("/authenticator/remove"));

    // With a passkey, both may go.
    let (asked, ceremony) = question(&platform, &mut browser, "/passkey/options", &[]).await;
    let mut device = Device::new(&origin(&platform));
    let made = device.make(&asked);
    let form = [("credential", made.as_str()), ("ceremony", &ceremony), ("label", "Key")];
    assert_eq!(browser.send(&platform, ID, "/account/passkeys", &form).await.status(), 303);
    let page = browser.send(&platform, ID, "/account/password/remove", &[]).await;
    assert_eq!(page.location(), "/account?done=password-removed", "{}", page.text());
    assert_eq!(sign_in(&platform, &mut Browser::default(), &mut device).await.status(), 303);
    // And then the passkey stays.
    let page = browser.open(&platform, ID, "/account").await;
    let id = page.text().rsplit_once("/account/passkeys/remove?id=").unwrap().1.split_once('"').unwrap().0.to_owned();
    assert_eq!(browser.send(&platform, ID, "/account/passkeys/remove", &[("id", &id)]).await.status(), 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_buys_no_guesses_of_codes() {
    let platform = Platform::start(&Setup::default());
    let code = platform.claim_code(&[]);
    let mut browser = Browser::default();
    let form = [("secret", code.as_str()), ("name", "Olga"), ("email", EMAIL), ("new_password", PASSWORD)];
    let page = browser.send(&platform, ID, "/claim", &form).await;
    let page = browser.follow(&platform, page).await;
    let secret = secret_of(&page);
    browser.send(&platform, ID, "/account/authenticator", &[("code", &totp(&secret, 0))]).await;
    // Somebody at this very screen knows the password. Each wrong code is followed by a proof that they do.
    let mut tries = 0;
    loop {
        let guess = format!("{:06}", 900_000 + tries);
        let form = [("to", "/account"), ("password", PASSWORD), ("code", guess.as_str())];
        let status = browser.send(&platform, ID, "/confirm", &form).await.status();
        if status == 429 {
            break;
        }
        assert_eq!(status, 422);
        let form = [("password", PASSWORD), ("new_password", "")];
        assert_eq!(browser.send(&platform, ID, "/account/password", &form).await.status(), 422);
        tries += 1;
        assert!(tries < 20, "guesses without end");
    }
}
