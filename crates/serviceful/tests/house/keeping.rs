//! Who has a passkey and something beside it: what is lost and comes back, what is put away, and what an account page says.
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    device::Device,
    passkeys::{house, origin, owned, question},
    platform::{Platform, Setup},
    sign_in::{COFFEE, EMAIL, ID, PASSWORD, password, recovery_codes, secret_of, totp},
};

/// Makes one more passkey of one's own; the page that answers.
async fn another_passkey(platform: &Platform, browser: &mut Browser, label: &str) -> Page {
    let (asked, ceremony) = question(platform, browser, "/passkey/options", &[]).await;
    let made = Device::new(&origin(platform)).make(&asked);
    let form = [("credential", made.as_str()), ("ceremony", ceremony.as_str()), ("label", label)];
    browser.send(platform, ID, "/account/passkeys", &form).await
}

/// An owner with a passkey and a password, and no authenticator app, loses the device.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_is_lost_beside_a_password_is_replaced_by_the_password_and_a_code() {
    let (platform, mut browser, _, codes) = house().await;
    let page = browser.send(&platform, ID, "/account/password", &[("new_password", PASSWORD)]).await;
    assert_eq!(page.location(), "/account?done=password", "{}", page.text());
    let page = browser.open(&platform, ID, "/account").await;
    assert!(page.text().contains("10 are left."), "they count still: {}", page.text());

    // A thief of codes has nothing: with a password, a code does not stand alone.
    let mut thief = Browser::default();
    let form = [("email", EMAIL), ("recovery_code", codes[0].as_str())];
    assert_eq!(thief.send(&platform, ID, "/sign-in/recovery", &form).await.status(), 422);
    assert_eq!(thief.open(&platform, ID, "/confirm/recovery").await.location(), "/sign-in");

    let mut lost = Browser::default();
    let page = password(&platform, &mut lost, "", EMAIL, PASSWORD).await;
    assert_eq!(page.location(), "/account/authenticator", "an owner shows two");
    let page = lost.follow(&platform, page).await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/confirm?to=%2Faccount%2Fauthenticator"), "{}", page.text());
    assert!(
        page.text().contains("href=\"/confirm/recovery?to=") && page.text().contains("Lost your passkey?"),
        "{}",
        page.text()
    );
    let page = lost.open(&platform, ID, "/confirm/recovery?to=%2Faccount%2Fpasskeys").await;
    assert!(page.status() == 200 && page.text().contains("name=\"password\""), "{}", page.text());
    let send = async |browser: &mut Browser, to: &str, word: &str, code: &str| {
        let form = [("to", to), ("password", word), ("recovery_code", code)];
        browser.send(&platform, ID, "/confirm/recovery", &form).await
    };
    let passkeys = "/account/passkeys";
    for (word, code, said) in [
        ("not this one at all", codes[0].as_str(), "not your current password"),
        (PASSWORD, "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", "not one of your unused"),
        (PASSWORD, "", "not one of your unused"),
        ("", codes[0].as_str(), "not your current password"),
    ] {
        let page = send(&mut lost, passkeys, word, code).await;
        assert!(page.status() == 422 && page.text().contains(said), "{said}: {}", page.text());
    }
    let page = lost.open(&platform, ID, passkeys).await;
    assert!(page.location().starts_with("/confirm?to="), "nothing opens before");
    let page = send(&mut lost, "//evil.example", PASSWORD, &codes[0]).await;
    assert_eq!(page.location(), "/account", "nobody is led elsewhere, and the code was not used up before");
    let page = send(&mut lost, passkeys, PASSWORD, &codes[0]).await;
    assert_eq!(page.status(), 422, "once: {}", page.text());
    let page = lost.open(&platform, ID, passkeys).await;
    assert_eq!(page.status(), 200, "two factors: {}", page.text());
    let page = another_passkey(&platform, &mut lost, "New").await;
    assert_eq!(page.location(), "/account?done=passkey-added", "{}", page.text());
    let page = lost.open(&platform, COFFEE, "/caller").await;
    assert_eq!(lost.follow(&platform, page).await.status(), 200);
    assert!(lost.open(&platform, ID, "/account").await.text().contains("9 are left."));

    // With an authenticator the codes are others; when it goes, they stay, because the passkey does.
    let secret = secret_of(&lost.open(&platform, ID, "/account/authenticator").await);
    let page = lost.send(&platform, ID, "/account/authenticator", &[("code", &totp(&secret, 0))]).await;
    assert_eq!(recovery_codes(&page).len(), 10, "{}", page.text());
    let page = lost.send(&platform, ID, "/account/authenticator/remove", &[]).await;
    assert_eq!(page.location(), "/account?done=authenticator-removed", "{}", page.text());
    assert!(lost.open(&platform, ID, "/account").await.text().contains("10 are left."));

    let events = platform.audit("action=account-manage&result=refused&limit=50").await;
    let reasons = events.iter().map(|e| e["outcome"]["reason"].to_string()).collect::<String>();
    assert!(
        reasons.contains("with a recovery code: a wrong password") && reasons.contains("the code is wrong"),
        "{reasons}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_passkey_comes_with_codes_that_have_to_be_put_away() {
    let platform = Platform::claimed(&Setup::default()).await;
    let made = json!({"email": "ida@example.org"});
    let (_, made) = platform.api("POST", "/api/v1/invitations", Some(&made)).await;
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let form = [("secret", secret.as_str()), ("name", "Ida"), ("new_password", PASSWORD)];
    let mut ida = Browser::default();
    assert_eq!(ida.send(&platform, ID, "/invitation", &form).await.status(), 303);
    let page = ida.open(&platform, ID, "/account").await;
    assert!(!page.text().contains("Recovery codes"), "a password alone has nothing that is lost: {}", page.text());
    let page = another_passkey(&platform, &mut ida, "Laptop").await;
    let codes = recovery_codes(&page);
    assert_eq!((page.status(), codes.len()), (200, 10), "{}", page.text());

    // Going on takes the tick; without it they are shown again, to the same person and nobody else.
    let (saved, carried) = ("/account/recovery-codes/saved", page.field("carried"));
    let page = ida.send(&platform, ID, saved, &[("carried", &carried)]).await;
    assert!(page.status() == 422 && page.text().contains("Confirm that you saved"), "{}", page.text());
    assert!(
        page.text().contains("aria-describedby=\"saved-fault\"") && recovery_codes(&page) == codes,
        "{}",
        page.text()
    );
    for wrong in ["", "x", &carried[1..]] {
        assert_eq!(ida.send(&platform, ID, saved, &[("carried", wrong)]).await.status(), 410, "{wrong}");
    }
    let (mut olga, ..) = owned(&platform, &["--again"]).await;
    assert_eq!(olga.send(&platform, ID, saved, &[("carried", &carried)]).await.status(), 410, "another's");
    let page = ida.send(&platform, ID, saved, &[("carried", &carried), ("saved", "on")]).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/account"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_into_the_account_page_stands_there_with_what_is_wrong() {
    let platform = Platform::claimed(&Setup::default()).await;
    let (mut browser, ..) = owned(&platform, &["--again"]).await;
    let long = "x".repeat(81);
    for (typed, shown, said) in [
        (long.as_str(), long.as_str(), "at most 80 characters"),
        ("Ol\u{202e}ga", "Olga", "visible characters"),
        ("", "", "Enter your name"),
    ] {
        let page = browser.send(&platform, ID, "/account/profile", &[("name", typed)]).await;
        assert_eq!(page.status(), 422);
        let field = page.text().split_once("id=\"name\"").unwrap().1.split_once('>').unwrap().0.to_owned();
        assert!(field.contains(&format!("value=\"{shown}\"")) && field.contains("aria-invalid=\"true\""), "{field}");
        assert!(field.contains("maxlength=\"80\"") && page.text().contains(said), "{}", page.text());
    }
    let account = browser.open(&platform, ID, "/account").await.text();
    let id = account.rsplit_once("/account/passkeys/remove?id=").unwrap().1.split_once('"').unwrap().0.to_owned();
    let form = [("id", id.as_str()), ("label", "Work\u{202e}top")];
    let page = browser.send(&platform, ID, "/account/passkeys/rename", &form).await;
    let field = page.text().split_once("id=\"label\"").unwrap().1.split_once('>').unwrap().0.to_owned();
    assert!(field.contains("value=\"Worktop\"") && field.contains("label-fault"), "{field}");
    assert!(page.text().contains("visible characters only"), "{}", page.text());
}

/// A second owner by `claim --again`.
#[tokio::test(flavor = "multi_thread")]
async fn one_more_owner_is_no_first_one_and_nobodys_namesake() {
    let platform = Platform::start(&Setup::default());
    let page = Browser::default().open(&platform, ID, "/claim").await;
    assert!(page.text().contains("You will be its first owner"), "{}", page.text());
    let platform = Platform::claimed(&Setup::default()).await;
    owned(&platform, &["--again"]).await;
    let page = Browser::default().open(&platform, ID, "/claim").await;
    assert!(page.text().contains("Become an owner") && !page.text().contains("first owner"), "{}", page.text());
    let code = platform.claim_code(&["--again"]);
    for name in ["Olga", "OLGA", "\u{41e}lga"] {
        let form = [("secret", code.as_str()), ("name", name), ("email", "o@example.org"), ("new_password", PASSWORD)];
        let page = Browser::default().send(&platform, ID, "/claim", &form).await;
        assert!(page.status() == 422 && page.text().contains("has this name"), "{name}: {}", page.text());
    }
    // Whoever has no claim learns nothing of names.
    let form = [("secret", "x"), ("name", "Olga"), ("email", "o@example.org"), ("new_password", PASSWORD)];
    assert!(!Browser::default().send(&platform, ID, "/claim", &form).await.text().contains("has this name"));
}
