//! Mails: invitations, verification, reset, sign-up; and what attackers make of them.
use std::{os::unix::fs::PermissionsExt, time::Duration};

use serde_json::{Value, json};

use crate::{
    browser::{Browser, Page},
    catcher::{Catcher, Manners, Tls},
    platform::{Platform, Setup},
    sign_in::{EMAIL, ID, PASSWORD, olga, password, person_of},
};

const OTHER: &str = "staple battery horse correct";

async fn platform(config: String) -> Platform {
    Platform::claimed(&Setup { config, ..Setup::default() }).await
}

/// A platform that sends to a server of ours.
pub(crate) async fn with_mail(more: &str) -> (Platform, Catcher) {
    let catcher = Catcher::start(Manners::default()).await;
    let platform = platform(format!("{}{more}", catcher.section())).await;
    (platform, catcher)
}

async fn mails(platform: &Platform) -> Vec<Value> {
    let (status, list) = platform.api("GET", "/api/v1/mails", None).await;
    assert_eq!(status, 200, "{list}");
    list["mails"].as_array().unwrap().clone()
}

/// The newest mail, once it is in this stage.
async fn settled(platform: &Platform, stage: &str) -> Value {
    let mut newest = Value::Null;
    for _ in 0..400 {
        newest = mails(platform).await.first().cloned().unwrap_or_default();
        if newest["stage"] == stage && (stage != "waiting" || newest["attempts"] != 0) {
            return newest;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no mail is {stage}: {newest}");
}

pub(crate) async fn invite(platform: &Platform, email: &str, more: Value) -> Value {
    let mut body = json!({ "email": email });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, made) = platform.api("POST", "/api/v1/invitations", Some(&body)).await;
    assert_eq!(status, 201, "{made}");
    made
}

/// Takes an invitation, or the end of a sign-up, with a password.
pub(crate) async fn accept(platform: &Platform, browser: &mut Browser, secret: &str, name: &str) -> Page {
    let form = [("secret", secret), ("name", name), ("new_password", PASSWORD)];
    let page = browser.send(platform, ID, "/invitation", &form).await;
    browser.follow(platform, page).await
}

pub(crate) async fn forget(platform: &Platform, email: &str) -> Page {
    Browser::default().send(platform, ID, "/forgot-password", &[("email", email)]).await
}

fn holds(folder: &std::path::Path, needle: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_goes_by_mail_and_shows_that_the_address_is_theirs() {
    let (platform, catcher) = with_mail("").await;
    let made = invite(&platform, "ada@example.org", json!({})).await;
    assert!(made.get("link").is_none(), "whoever invites does not see it: {made}");
    let mail = catcher.mail(1).await;
    assert_eq!(mail.to, ["RCPT TO:<ada@example.org>"]);
    assert_eq!(mail.from, "MAIL FROM:<platform@example.org>");
    assert!(mail.field("Subject").contains("invited") && mail.field("From").contains("platform@example.org"));
    assert_eq!(mail.field("Auto-Submitted"), "auto-generated");
    assert!(mail.text.contains("Olga Owner invited you"), "{}", mail.text);
    let delivered = settled(&platform, "delivered").await;
    assert_eq!((&delivered["attempts"], &delivered["kind"]), (&json!(1), &json!("invitation")));

    // A program that looks into mails opens the link, as often as it likes.
    for _ in 0..3 {
        assert_eq!(Browser::default().open(&platform, ID, &mail.link()).await.status(), 200);
    }
    let mut ada = Browser::default();
    let page = accept(&platform, &mut ada, &mail.secret(), "Ada").await;
    assert_eq!((page.status(), page.path.as_str()), (200, "/account"), "{}", page.text());
    assert!(page.text().contains(">Verified<"), "{}", page.text());
    assert_eq!(Browser::default().open(&platform, ID, &mail.link()).await.status(), 410, "it works once");

    // The log says what happened, and neither to which address nor with which link.
    for action in ["mail-queued", "mail-delivered"] {
        let events = platform.audit(&format!("action={action}&limit=10")).await;
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(events[0]["note"].as_str().unwrap().contains(delivered["id"].as_str().unwrap()), "{events:?}");
    }
    for secret in [mail.secret().as_str(), "ada@example.org"] {
        assert!(!holds(&platform.data().join("audit"), secret), "{secret}");
    }

    let ran = platform.cli_in(&platform.data(), &["posture", "--json", "--host"]);
    let posture: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err));
    let mailer = posture["processes"].as_array().unwrap().iter().find(|p| p["role"] == "mailer").unwrap();
    assert_eq!((&mailer["level"], &mailer["report"]["seccomp"]), (&json!("full"), &json!(true)), "{mailer}");
    let check = posture["checks"].as_array().unwrap().iter().find(|c| c["name"] == "mail").unwrap();
    assert_eq!(check["ok"], true, "{check}");
    for _ in 0..100 {
        if platform.children("mailer").is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the mailer stayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_for_its_server_sealed_and_is_sent_once() {
    let catcher = Catcher::start(Manners { recipient: Some("450 4.2.1 try later"), ..Manners::default() }).await;
    let mut platform = platform(catcher.section()).await;
    invite(&platform, "ada@example.org", json!({})).await;
    let waiting = settled(&platform, "waiting").await;
    assert_eq!(waiting["attempts"], 1);
    assert!(waiting["error"].as_str().unwrap().contains("450"), "{waiting}");
    assert_eq!(platform.audit("action=mail-delayed&limit=5").await.len(), 1);
    assert!(!holds(&platform.data().join("platform"), "/invitation?secret="), "its words are sealed");

    platform.crash_and_restart();
    assert_eq!(mails(&platform).await.len(), 1, "what was acknowledged is there");
    catcher.behave(Manners { message: Some("451 4.3.0 still later"), ..Manners::default() });
    let id = waiting["id"].as_str().unwrap();
    let ran = platform.cli_in(&platform.data(), &["mail", "retry", id, "--host"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let mut again = Value::Null;
    for _ in 0..200 {
        again = settled(&platform, "waiting").await;
        if again["attempts"] == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(again["error"].as_str().unwrap().contains("451"), "{again}");
    catcher.behave(Manners::default());
    let (status, said) = platform.api("POST", &format!("/api/v1/mails/{id}/retry"), None).await;
    assert_eq!(status, 200, "{said}");
    settled(&platform, "delivered").await;
    assert_eq!(catcher.caught().len(), 1);
    let (status, said) = platform.api("POST", &format!("/api/v1/mails/{id}/retry"), None).await;
    assert_eq!(status, 409, "{said}");

    // A server that refuses everything from here keeps mails waiting, and the posture says so.
    catcher.behave(Manners { sender: Some("550 5.7.1 sender refused"), ..Manners::default() });
    let ran = platform.cli_in(&platform.data(), &["mail", "test", "grace@example.org", "--host"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let held = settled(&platform, "waiting").await;
    assert!(held["error"].as_str().unwrap().contains("550"), "{held}");
    let ran = platform.cli_in(&platform.data(), &["posture", "--json", "--host"]);
    let posture: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err));
    let check = posture["checks"].as_array().unwrap().iter().find(|c| c["name"] == "mail").unwrap();
    assert!(check["ok"] == false && check["detail"].as_str().unwrap().contains("refuses the sender"), "{check}");
    catcher.behave(Manners::default());
    let (status, said) =
        platform.api("POST", &format!("/api/v1/mails/{}/retry", held["id"].as_str().unwrap()), None).await;
    assert_eq!(status, 200, "{said}");
    settled(&platform, "delivered").await;

    // A server that will never take it, and one that is not there.
    catcher.behave(Manners { recipient: Some("550 5.1.1 no such user"), ..Manners::default() });
    let ran = platform.cli_in(&platform.data(), &["mail", "test", "nobody@example.org", "--host"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let failed = settled(&platform, "failed").await;
    assert!(failed["attempts"] == 1 && failed["error"].as_str().unwrap().contains("550"), "{failed}");
    assert_eq!(platform.audit("action=mail-failed&limit=5").await.len(), 1);
    let ran = platform.cli_in(&platform.data(), &["mail", "ls", "--host"]);
    assert!(ran.out.contains("delivered") && ran.out.contains("nobody@example.org"), "{} {}", ran.out, ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_and_opens_nothing_past_the_second_factor() {
    let (platform, catcher) = with_mail("").await;
    let mut first = olga(&platform).await.0;
    assert_eq!(first.open(&platform, ID, "/account").await.status(), 200);
    let asked = forget(&platform, EMAIL).await;
    assert!(asked.status() == 200 && asked.text().contains("30 minutes"), "{}", asked.text());
    let mail = catcher.mail(1).await;
    assert_eq!(mail.to, [format!("RCPT TO:<{EMAIL}>")]);
    for _ in 0..3 {
        let page = Browser::default().open(&platform, ID, &mail.link()).await;
        assert!(page.status() == 200 && page.text().contains(EMAIL), "{}", page.text());
    }
    // A link of one purpose is none of another.
    let secret = mail.secret();
    for path in ["/invitation", "/verify-email"] {
        assert_eq!(Browser::default().open(&platform, ID, &format!("{path}?secret={secret}")).await.status(), 410);
    }
    let mut elsewhere = Browser::default();
    let form = |new: &'static str| [("secret", secret.clone()), ("new_password", new.to_owned())];
    let send = async |browser: &mut Browser, form: [(&str, String); 2]| {
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.send(&platform, ID, "/reset-password", &form).await
    };
    let page = send(&mut elsewhere, form("short")).await;
    assert_eq!(page.status(), 422, "a password that does not do leaves the link");
    let page = send(&mut elsewhere, form(OTHER)).await;
    let page = elsewhere.follow(&platform, page).await;
    assert!(page.path.starts_with("/sign-in/code"), "a second factor is asked for: {} {}", page.path, page.text());
    assert_eq!(elsewhere.open(&platform, ID, "/account").await.status(), 303, "and nothing is open yet");
    assert_eq!(first.open(&platform, ID, "/account").await.status(), 303, "other sessions have ended");
    assert_eq!(send(&mut Browser::default(), form(OTHER)).await.status(), 410, "once");
    let told = catcher.mail(2).await;
    assert!(told.field("Subject").contains("was replaced"), "{}", told.text);

    let mut again = Browser::default();
    assert_eq!(password(&platform, &mut again, "", EMAIL, PASSWORD).await.status(), 422, "the former one is gone");
    assert_eq!(password(&platform, &mut again, "", EMAIL, OTHER).await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_mail_says_nothing_of_who_has_an_account() {
    let (platform, catcher) = with_mail("[sign_up]\nmode = \"open\"\n").await;
    olga(&platform).await;
    let made = invite(&platform, "dora@example.org", json!({ "print": true })).await;
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    accept(&platform, &mut Browser::default(), &secret, "Dora").await;
    let dora = person_of(&platform, "Dora").await;
    let (status, _) = platform.api("PUT", &format!("/api/v1/people/{dora}"), Some(&json!({"disabled": true}))).await;
    assert!(status.is_success());
    let looks = |page: &Page, email: &str| {
        let mut headers: Vec<String> = page.answer.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
        headers.retain(|line| !line.starts_with("sf-request") && !line.starts_with("date"));
        (page.status(), headers, page.text().replace(email, "…"))
    };
    let (mut resets, mut sign_ups) = (Vec::new(), Vec::new());
    // Known, unknown, disabled: from one place six are free.
    for email in [EMAIL, "omar@example.org", "dora@example.org"] {
        resets.push(looks(&forget(&platform, email).await, email));
        let page = Browser::default().send(&platform, ID, "/sign-up", &[("email", email)]).await;
        sign_ups.push(looks(&page, email));
    }
    assert_eq!(resets[0].0, 200);
    assert!(resets.iter().all(|page| *page == resets[0]), "{resets:?}");
    assert!(sign_ups.iter().all(|page| *page == sign_ups[0]) && sign_ups[0].0 == 200, "{sign_ups:?}");
    let mut waits = false;
    for _ in 0..8 {
        waits |= forget(&platform, "nobody@example.org").await.status() == 429;
    }
    assert!(waits, "whoever asks for more waits");

    // Only those who are meant get one: two to the owner, one to somebody new.
    catcher.mail(3).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let caught = catcher.caught();
    let mut to: Vec<String> = caught.iter().flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    let wanted = ["RCPT TO:<olga@example.org>", "RCPT TO:<olga@example.org>", "RCPT TO:<omar@example.org>"];
    assert_eq!(to, wanted);
    let about: Vec<String> = caught.iter().map(|mail| mail.field("Subject")).collect();
    for wanted in ["Choose a new password", "You have an account", "Finish your account"] {
        assert!(about.iter().any(|subject| subject.contains(wanted)), "{wanted}: {about:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_up_counts_for_nothing_before_the_address_is_verified() {
    let (platform, catcher) = with_mail("[sign_up]\nmode = \"domain\"\ndomains = [\"example.org\"]\n").await;
    let people = async || platform.api("GET", "/api/v1/people", None).await.1["people"].as_array().unwrap().len();
    let page = Browser::default().open(&platform, ID, "/sign-in").await;
    assert!(page.text().contains("href=\"/sign-up"), "{}", page.text());
    let page = Browser::default().open(&platform, ID, "/sign-up").await;
    assert!(page.text().contains("example.org") && !page.text().contains("password"), "{}", page.text());
    let outside = Browser::default().send(&platform, ID, "/sign-up", &[("email", "eve@sub.example.org")]).await;
    assert_eq!(outside.status(), 422);

    // Somebody makes an account ready for Ada, with a name and a password of their own.
    let mut eve = Browser::default();
    let form = [("email", "ada@example.org"), ("name", "Eve's Ada"), ("new_password", OTHER)];
    let page = eve.send(&platform, ID, "/sign-up", &form).await;
    assert!(page.status() == 200 && page.text().contains("ada@example.org"), "{}", page.text());
    let mail = catcher.mail(1).await;
    assert!(!mail.text.contains("Eve"), "nothing that a stranger typed is in a mail: {}", mail.text);
    assert_eq!(people().await, 1, "there is no account yet");
    assert_eq!(password(&platform, &mut eve, "", "ada@example.org", OTHER).await.status(), 422);
    assert_eq!(eve.open(&platform, ID, "/account").await.status(), 303);

    let mut ada = Browser::default();
    for _ in 0..2 {
        let page = ada.open(&platform, ID, &mail.link()).await;
        assert!(page.status() == 200 && page.text().contains("is verified"), "{}", page.text());
        assert!(!page.text().contains("Eve"), "{}", page.text());
    }
    let page = accept(&platform, &mut ada, &mail.secret(), "Ada").await;
    assert!(page.path == "/account" && page.text().contains(">Verified<"), "{} {}", page.path, page.text());
    assert_eq!(people().await, 2);
    assert_eq!(password(&platform, &mut eve, "", "ada@example.org", OTHER).await.status(), 422, "hers alone counts");

    // Whoever is invited keeps their invitation, whoever signs up under their address.
    let made = invite(&platform, "bob@example.org", json!({ "print": true })).await;
    eve.send(&platform, ID, "/sign-up", &[("email", "bob@example.org")]).await;
    let told = catcher.mail(2).await;
    assert!(told.field("Subject").contains("invited") && !told.text.contains("secret="), "{}", told.text);
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let page = accept(&platform, &mut Browser::default(), &secret, "Bob").await;
    assert_eq!(page.path, "/account", "{}", page.text());
    assert!(!page.text().contains(">Verified<"), "that link was handed over");

    // A mail that comes in a flood does not: three an hour to one address.
    for _ in 0..3 {
        Browser::default().send(&platform, ID, "/sign-up", &[("email", "ada@example.org")]).await;
    }
    for _ in 0..100 {
        if !platform.audit("action=mail-withheld&limit=5").await.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let withheld = platform.audit("action=mail-withheld&limit=5").await;
    assert_eq!((withheld.len(), &withheld[0]["kind"]), (1, &json!("security")), "{withheld:?}");
    assert!(!withheld[0].to_string().contains("ada@"), "{withheld:?}");
    catcher.mail(4).await;
    let to_ada = catcher.caught().iter().filter(|mail| mail.to[0].contains("ada@")).count();
    assert_eq!(to_ada, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_verified_in_the_browser_of_its_owner_alone() {
    let (platform, catcher) = with_mail("").await;
    let made = invite(&platform, "ada@example.org", json!({ "print": true })).await;
    assert!(catcher.caught().is_empty() && made.get("mail").is_none(), "shown or mailed, never both");
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let mut ada = Browser::default();
    let page = accept(&platform, &mut ada, &secret, "Ada").await;
    assert!(!page.text().contains(">Verified<") && page.text().contains("/account/verify-email"), "{}", page.text());
    let page = ada.send(&platform, ID, "/account/verify-email", &[]).await;
    assert_eq!((page.status(), page.location()), (303, "/account?done=mail".to_owned()), "{}", page.text());
    let mail = catcher.mail(1).await;

    // Whoever owns the mailbox, and not the account, presses no button for somebody else.
    let mut victim = olga(&platform).await.0;
    for browser in [&mut victim, &mut Browser::default()] {
        assert_eq!(browser.open(&platform, ID, &mail.link()).await.status(), 403);
        let page = browser.send(&platform, ID, "/verify-email", &[("secret", &mail.secret())]).await;
        assert!(page.status() == 403 && page.text().contains("Sign in first"), "{}", page.text());
    }
    let page = ada.open(&platform, ID, &mail.link()).await;
    assert!(page.status() == 200 && page.text().contains("ada@example.org"), "{}", page.text());
    assert!(!ada.open(&platform, ID, "/account").await.text().contains(">Verified<"), "looking is not pressing");
    let page = ada.send(&platform, ID, "/verify-email", &[("secret", &mail.secret())]).await;
    let page = ada.follow(&platform, page).await;
    assert!(page.text().contains(">Verified<"), "{}", page.text());
    assert_eq!(ada.send(&platform, ID, "/verify-email", &[("secret", &mail.secret())]).await.status(), 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_to_a_server_that_is_not_protected_and_known() {
    let folder = tempfile::tempdir().unwrap();
    let (tls, other) = (Tls::of("localhost"), Tls::of("localhost"));
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    };
    let (ca, secret) = (file("ca.pem", &tls.authority), file("password", "tomato salad\n"));
    let account = Some(("platform", "tomato salad"));
    let good = Manners { starttls: true, account, tls: Some(tls.clone()), ..Manners::default() };
    let catcher = Catcher::start(good.clone()).await;
    let section = |mode: &str| {
        format!(
            "[mail]\nhost = \"localhost\"\nport = {}\ntls = \"{mode}\"\nca = \"{ca}\"\nfrom = \"p@example.org\"\nuser = \"platform\"\npassword_file = \"{secret}\"\n",
            catcher.port
        )
    };
    let test = async |platform: &Platform| {
        let (status, said) = platform.api("POST", "/api/v1/mails", Some(&json!({ "to": "a@example.org" }))).await;
        assert_eq!(status, 201, "{said}");
    };
    let by_starttls = platform(section("starttls")).await;
    test(&by_starttls).await;
    settled(&by_starttls, "delivered").await;
    assert!(catcher.caught()[0].protected);

    let gave_nothing = |from: usize| {
        let said = catcher.said().split_off(from);
        !said.iter().any(|line| ["AUTH", "MAIL", "RCPT"].iter().any(|verb| line.starts_with(verb)))
    };
    for (manners, wanted) in [
        (Manners { starttls: false, tls: None, ..good.clone() }, "no STARTTLS"),
        (Manners { tls: Some(other), ..good.clone() }, "TLS with"),
        (Manners { injected: Some("250-evil\r\n250 AUTH PLAIN\r\n"), ..good.clone() }, "TLS with"),
        (Manners { account: Some(("platform", "another")), ..good.clone() }, "mail.user"),
    ] {
        let before = catcher.said().len();
        catcher.behave(manners);
        test(&by_starttls).await;
        let waiting = settled(&by_starttls, "waiting").await;
        assert!(waiting["error"].as_str().unwrap().contains(wanted), "{wanted}: {waiting}");
        // The last one speaks TLS as it should: there the account is tried, and no mail.
        assert!(wanted == "mail.user" || gave_nothing(before), "{wanted}: {:?}", catcher.said());
        assert_eq!(catcher.caught().len(), 1, "{wanted}");
        assert!(!waiting.to_string().contains("tomato"), "{waiting}");
    }
    drop(by_starttls);

    catcher.behave(Manners { starttls: false, ..good });
    let implicit = platform(section("implicit")).await;
    test(&implicit).await;
    settled(&implicit, "delivered").await;
    assert!(catcher.caught()[1].protected);
    // The password is in the mailer alone: not in the configuration that children get, nor in what is kept.
    assert!(!holds(&implicit.data(), "tomato salad"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_links_are_handed_over() {
    let platform = Platform::claimed(&Setup::default()).await;
    let first = olga(&platform).await.0;
    let made = invite(&platform, "ada@example.org", json!({})).await;
    assert!(made["link"].is_string(), "{made}");
    let page = Browser::default().open(&platform, ID, "/forgot-password").await;
    assert!(page.status() == 200 && page.text().contains("cannot send e-mail"), "{}", page.text());
    assert_eq!(forget(&platform, EMAIL).await.status(), 422);
    let page = Browser::default().open(&platform, ID, "/sign-in").await;
    assert!(!page.text().contains("/sign-up"), "{}", page.text());
    assert_eq!(Browser::default().send(&platform, ID, "/sign-up", &[("email", "x@example.org")]).await.status(), 422);

    let ran = platform.cli_in(&platform.data(), &["people", "reset", "Olga", "--host"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let secret = ran.out.trim().split_once("/reset-password?secret=").unwrap().1.to_owned();
    let mut browser = first;
    let page = browser.send(&platform, ID, "/reset-password", &[("secret", &secret), ("new_password", OTHER)]).await;
    assert_eq!(page.status(), 303, "{}", page.text());
    assert!(page.location().starts_with("/sign-in/code"), "{}", page.location());
    let ran = platform.cli_in(&platform.data(), &["people", "reset", "Olga Owner", "--host"]);
    assert!(ran.code != 0 && ran.err.contains("no account"), "{} {}", ran.out, ran.err);
    let ran = platform.cli_in(&platform.data(), &["mail", "test", "a@example.org", "--host"]);
    assert!(ran.code != 0 && ran.err.contains("[mail]"), "{} {}", ran.out, ran.err);
}

#[test]
fn a_configuration_that_would_leak_or_lock_out_is_refused() {
    let mut platform = Platform::start(&Setup::default());
    platform.stop();
    let path = platform.data().parent().unwrap().join("serviceful.toml");
    let base = std::fs::read_to_string(&path).unwrap();
    let mail = "[mail]\nhost = \"mail.example.org\"\nfrom = \"p@example.org\"\n";
    for (section, wanted) in [
        (format!("{mail}tls = \"none\"\n"), "not a loopback address"),
        (format!("{mail}password = \"secret\"\n"), "unknown field `password`"),
        (format!("{mail}user = \"p\"\n"), "belong together"),
        ("[sign_up]\nmode = \"open\"\n".to_owned(), "needs `[mail]`"),
        (format!("{mail}[sign_up]\nmode = \"domain\"\n"), "`sign_up.domains`"),
    ] {
        std::fs::write(&path, format!("{base}{section}")).unwrap();
        let ran = platform.cli_in(path.parent().unwrap(), &["serve", "--config", path.to_str().unwrap(), "--check"]);
        assert!(ran.code != 0 && ran.err.contains(wanted), "{section}: {} {}", ran.out, ran.err);
    }
}
