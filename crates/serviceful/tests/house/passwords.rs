//! Passwords that somebody chooses: guessable ones, and those of a breach list. The lists here are made up; no real one is part of
//! this project.
use std::fs;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::json;

use crate::{
    browser::{Browser, Page},
    platform::{Platform, Setup},
    sign_in::{EMAIL, ID, PASSWORD, olga, password},
};

/// Good by any rule but that it is on the list.
const BREACHED: &str = "pqV7 tuesday marmalade";
const RARE: &str = "seen once in a blue marmalade";

fn line(password: &str, count: u32) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let text: String = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
    format!("{text}:{count}\r\n")
}

/// Thousands of made-up passwords, and two by name.
fn synthetic() -> String {
    let mut list: String = (0..5_000).map(|n| line(&format!("made-up password {n}"), 3)).collect();
    list.push_str(&line(BREACHED, 900));
    list.push_str(&line(RARE, 1));
    list
}

async fn change(platform: &Platform, browser: &mut Browser, new: &str) -> Page {
    let form = [("password", PASSWORD), ("new_password", new)];
    browser.send(platform, ID, "/account/password", &form).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_easy_to_guess_is_set_nowhere() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffeehouse", &crate::platform::guest("echo-p2"), "").await;
    let weak = [
        ("passwordpassword", "“password” makes"),
        ("serviceful 2026!", "“serviceful” makes"),
        ("coffeehouse-2026", "“coffeehouse” makes"),
        ("aaaaaaaaaaaaaaaaaaaaaaa", "Repetitions"),
        ("abcdefghijklmnopqrstuvwxyz", "Repetitions"),
        ("fourteen chars", "at least 15 characters"),
    ];
    // The claim. Nothing of it is used up by a password that does not do.
    let code = platform.claim_code(&["--again"]);
    let mut browser = Browser::default();
    let claim = async |browser: &mut Browser, new: &str| {
        let form = [("secret", code.as_str()), ("name", "Olga Quillfeather"), ("email", EMAIL), ("new_password", new)];
        browser.send(&platform, ID, "/claim", &form).await
    };
    for (new, said) in weak {
        let page = claim(&mut browser, new).await;
        assert!(page.status() == 422 && page.text().contains(said), "{new}: {}", page.text());
    }
    for own in ["Quillfeather1234", "olga@example.org", "3xample.org-0lga"] {
        let page = claim(&mut browser, own).await;
        assert!(page.status() == 422 && page.text().contains("makes this password easy"), "{own}: {}", page.text());
    }
    assert_eq!(claim(&mut browser, PASSWORD).await.status(), 303);

    // An invitation, a change, a reset.
    let (_, made) = platform.api("POST", "/api/v1/invitations", Some(&json!({"email": "ada@example.org"}))).await;
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let mut ada = Browser::default();
    for (new, said) in weak {
        let form = [("secret", secret.as_str()), ("name", "Ada"), ("new_password", new)];
        let page = ada.send(&platform, ID, "/invitation", &form).await;
        assert!(page.status() == 422 && page.text().contains(said), "{new}: {}", page.text());
    }
    let form = [("secret", secret.as_str()), ("name", "Ada"), ("new_password", PASSWORD)];
    assert_eq!(ada.send(&platform, ID, "/invitation", &form).await.status(), 303);
    for (new, said) in weak {
        let page = change(&platform, &mut ada, new).await;
        assert!(page.status() == 422 && page.text().contains(said), "{new}: {}", page.text());
    }
    let ran = platform.cli_in(&platform.data(), &["people", "reset", "Ada", "--json", "--host"]);
    let link = ran.out.split_once("/reset-password?secret=").unwrap_or_else(|| panic!("{} {}", ran.out, ran.err)).1;
    let secret: String = link.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    for (new, said) in weak {
        let form = [("secret", secret.as_str()), ("new_password", new)];
        let page = Browser::default().send(&platform, ID, "/reset-password", &form).await;
        assert!(page.status() == 422 && page.text().contains(said), "{new}: {}", page.text());
    }
    assert_eq!(password(&platform, &mut Browser::default(), "", "ada@example.org", PASSWORD).await.status(), 303);
}

/// Somebody had their password before it was on the list.
async fn one_that_got_out_is_said_until_it_is_changed(platform: &Platform) {
    let on_the_host = |verb: &[&str]| {
        let ran = platform.cli_in(&platform.data(), &[&["--host", "breach-list"], verb].concat());
        assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    };
    let list = platform.data().join("list.txt");
    on_the_host(&["remove", "--yes"]);
    let made = json!({"email": "ida@example.org"});
    let (_, made) = platform.api("POST", "/api/v1/invitations", Some(&made)).await;
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let form = [("secret", secret.as_str()), ("name", "Ida"), ("new_password", BREACHED)];
    assert_eq!(Browser::default().send(platform, ID, "/invitation", &form).await.status(), 303);
    on_the_host(&["import", list.to_str().unwrap(), "--min-count", "2"]);

    let mut ida = Browser::default();
    let page = password(platform, &mut ida, "", "ida@example.org", BREACHED).await;
    assert_eq!((page.status(), page.location().as_str()), (303, "/account/password"), "{}", page.text());
    let page = ida.follow(platform, page).await;
    assert!(
        page.text().contains("Your password is known to attackers") && page.text().contains("Not now"),
        "{}",
        page.text()
    );
    let told = "Your password is on a list of passwords that got out";
    assert!(ida.open(platform, ID, "/account").await.text().contains(told), "until it is changed");
    let events = platform.audit("action=breached-password").await;
    assert_eq!((events.len(), &events[0]["kind"]), (1, &json!("security")), "{events:?}");
    assert!(!events[0].to_string().contains(BREACHED));

    // Nobody is told so who did not sign in with it: the word of an address, or the cookie of another session, says nothing.
    let mut other = Browser::default();
    let page = password(platform, &mut other, "", "ida@example.org", BREACHED).await;
    assert_eq!(page.location(), "/account/password");
    let known = ida.cookie(ID, "__Host-sf-known").unwrap();
    other.jar.get_mut(ID).unwrap().insert(known.0, known.1);
    assert!(!other.open(platform, ID, "/account").await.text().contains(told), "of another session");

    let form = [("password", BREACHED), ("new_password", "seven unremarkable herons")];
    let page = ida.send(platform, ID, "/account/password", &form).await;
    assert_eq!(page.location(), "/account?done=password", "{}", page.text());
    assert!(!ida.open(platform, ID, "/account").await.text().contains(told), "changed");
    let page = password(platform, &mut Browser::default(), "", "ida@example.org", "seven unremarkable herons").await;
    assert_eq!(page.location(), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_list_is_imported_counts_and_is_missed_when_it_is_damaged() {
    let mut platform = Platform::claimed(&Setup::default()).await;
    let (mut browser, _) = olga(&platform).await;
    assert!(platform.data().join("platform").is_dir());
    let list = platform.data().join("list.txt");
    fs::write(&list, synthetic()).unwrap();
    let path = list.to_str().unwrap();
    let on_the_host = |platform: &Platform, verb: &[&str]| {
        platform.cli_in(&platform.data(), &[&["--host", "breach-list"], verb].concat())
    };

    let ran = on_the_host(&platform, &["status"]);
    assert!(ran.code == 0 && ran.out.contains("no breach list"), "{} {}", ran.out, ran.err);
    assert_eq!(on_the_host(&platform, &["remove", "--yes"]).code, 4, "there is none");
    let empty = platform.data().join("empty.txt");
    fs::write(&empty, "").unwrap();
    let ran = on_the_host(&platform, &["import", empty.to_str().unwrap()]);
    assert!(ran.code == 1 && ran.err.contains("is empty: there is no password in it"), "{}", ran.err);
    let bad = platform.data().join("bad.txt");
    fs::write(&bad, "8846F7EAEE8FB117AD06BDD830B7586C:5\n").unwrap();
    let ran = on_the_host(&platform, &["import", bad.to_str().unwrap()]);
    assert!(ran.code != 0 && ran.err.contains("line 1") && ran.err.contains("SHA-1"), "the NTLM list: {}", ran.err);
    let ran = on_the_host(&platform, &["import", path, "--min-count", "1000"]);
    assert!(ran.code == 1 && ran.err.contains("was seen 1,000 times or more often"), "nothing is left: {}", ran.err);
    assert_ne!(on_the_host(&platform, &["import", path, "--limit", "0"]).code, 0);
    // A member of the platform who does not own it may not.
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", "application/octet-stream".parse().unwrap());
    let put = platform.send("console.localhost", "PUT", "/api/v1/breach-list", headers, "x".into()).await.unwrap();
    assert_eq!(put.status, 401);

    let ran = on_the_host(&platform, &["import", path, "--min-count", "2", "--json"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&said["lines"], &said["breach_list"]["entries"]), (&json!(5_002), &json!(5_001)), "{said}");
    assert!(!ran.out.contains(BREACHED));
    let events = platform.audit("action=people-manage&limit=5").await;
    assert!(events.iter().any(|e| e["note"].as_str().is_some_and(|n| n.contains("5001 passwords"))), "{events:?}");

    let page = change(&platform, &mut browser, BREACHED).await;
    assert!(page.status() == 422 && page.text().contains("list of passwords that got out"), "{}", page.text());
    let code = platform.claim_code(&["--again"]);
    let form = [("secret", code.as_str()), ("name", "Eve"), ("email", "eve@example.org"), ("new_password", BREACHED)];
    let page = Browser::default().send(&platform, ID, "/claim", &form).await;
    assert!(page.status() == 422 && page.text().contains("list of passwords that got out"), "{}", page.text());
    let page = change(&platform, &mut browser, RARE).await;
    assert_eq!(page.status(), 303, "it was seen too seldom: {}", page.text());
    one_that_got_out_is_said_until_it_is_changed(&platform).await;
    assert!(platform.audit("limit=100").await.iter().all(|event| !event.to_string().contains(BREACHED)));
    assert!(platform.cli_in(&platform.data(), &["--host", "posture"]).out.contains("5001 that got out"));

    // It outlives a restart; damaged, it is said by all who look.
    platform.stop();
    platform.restart();
    assert!(on_the_host(&platform, &["status"]).out.contains("5,001"));
    platform.stop();
    let file = platform.data().join("platform/breach-list");
    let mut bytes = fs::read(&file).unwrap();
    bytes[200] ^= 1;
    fs::write(&file, bytes).unwrap();
    platform.restart();
    let ran = on_the_host(&platform, &["status"]);
    assert!(ran.code == 1 && ran.out.contains("checksum"), "{} {}", ran.out, ran.err);
    let ran = platform.cli_in(&platform.data(), &["--host", "posture"]);
    assert!(ran.code == 1 && ran.out.contains("checksum") && ran.out.contains("breach-list import"), "{}", ran.out);
    assert_eq!(platform.audit("action=breach-list-damaged").await.len(), 1);
    let ran = on_the_host(&platform, &["import", path]);
    assert!(ran.code == 0 && ran.out.contains("5,002"), "{} {}", ran.out, ran.err);
    let ran = on_the_host(&platform, &["remove"]);
    assert!(ran.code == 2 && ran.err.contains("--yes") && file.exists(), "nobody is there to ask: {}", ran.err);
    assert_eq!(on_the_host(&platform, &["remove", "--yes"]).code, 0);
    assert!(!file.exists());
}
