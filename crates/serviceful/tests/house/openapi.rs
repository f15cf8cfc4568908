//! The control API by its own description: schemathesis makes requests out of it, good ones and bad ones, as a stranger, as a member
//! and as an owner, and holds every answer against what the description says of it.
use std::{fmt::Write as _, path::PathBuf, process::Command, time::Instant};

use serde_json::json;

use crate::{
    browser::Browser,
    desk::{Access, Desk, WORD},
    oauth_client::{Attempt, CONSOLE, LOOPBACK},
    platform::{Platform, Setup, guest, programs},
    sign_in::{ID, PASSWORD, person_of},
};

/// The same requests in every run.
const SEED: &str = "20260101";
/// Not asked of it: whether whatever has the right form is accepted, since what a manifest says or which people there are is no
/// matter of form.
const NOT_CHECKED: &str = "positive_data_acceptance";
/// Of a stranger, either: they are asked who they are before they learn which methods a path has.
const NOT_CHECKED_OF_STRANGERS: &str = "positive_data_acceptance,unsupported_method,allow_header_conformance";

/// What `make schemathesis` installed.
fn tool() -> PathBuf {
    let given = std::env::var_os("SERVICEFUL_SCHEMATHESIS").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| programs().parent().unwrap().join("schemathesis"));
    assert!(
        folder.join("installed").exists(),
        "there is no schemathesis in {}; run `make schemathesis`",
        folder.display()
    );
    folder.join("venv/bin/schemathesis")
}

/// Values that there are, so that requests get past what is not there; for each, now and then one that chance made.
fn config(known: &[(&str, Vec<String>)]) -> String {
    let mut text = String::new();
    for (name, values) in known {
        writeln!(text, "[dictionaries.{name}]\nvalues = {}", json!(values)).unwrap();
    }
    // TRACE is served nowhere, and a GET with a body is refused as ambiguous, before there is a path that could allow other methods.
    text.push_str("[phases.coverage]\nunexpected-methods = [\"PUT\", \"POST\", \"DELETE\", \"OPTIONS\", \"PATCH\"]\n");
    // A log that is followed has no end, and this tool reads to the end.
    text.push_str("[parameters]\n\"query.follow\" = false\n");
    for (name, _) in known {
        writeln!(text, "\"path.{name}\" = {{ dictionary = \"{name}\", probability = 0.7 }}").unwrap();
    }
    text
}

/// One run, of so many requests at least; what it said where something was wrong. One request after the other: two at once would
/// come in another order each time, and find other things.
fn run(desk: &Desk, folder: &std::path::Path, config: &str, left_out: &str, least: usize, more: &[&str]) {
    let file = folder.join("schemathesis.toml");
    std::fs::write(&file, config).unwrap();
    let described = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/openapi.json");
    let (began, before) = (Instant::now(), desk.passed());
    let output = Command::new(tool())
        .arg("--config-file")
        .arg(file)
        .args(["run", described, "--url", &format!("http://127.0.0.1:{}", desk.port)])
        .args(["--header", &format!("Authorization: {WORD}"), "--seed", SEED, "--workers", "1"])
        .args(["--checks", "all", "--exclude-checks", left_out, "--continue-on-failure"])
        .args(["--generation-database", "none", "--request-timeout", "20", "--no-color", "--warnings", "off"])
        .args(more)
        .current_dir(folder)
        .env("HOME", folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{} requests in {:?}", desk.passed() - before, began.elapsed());
    assert!(output.status.success(), "{said}");
    assert!(desk.passed() - before >= least, "it asked little: {said}");
}

/// Somebody invited to `coffee`, with some logins.
async fn member(platform: &Platform) -> Access {
    let invitation = json!({"email": "mel@example.org", "app": "coffee"});
    let (status, made) = platform.api("POST", "/api/v1/invitations", Some(&invitation)).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["link"].as_str().unwrap().split_once("secret=").unwrap().1.to_owned();
    let form = [("secret", secret.as_str()), ("name", "Mel"), ("new_password", PASSWORD)];
    let mut browser = Browser::default();
    assert_eq!(browser.send(platform, ID, "/invitation", &form).await.status(), 303);
    let mut logins = Vec::new();
    for _ in 0..4 {
        let attempt = Attempt::new(LOOPBACK);
        let (token, _) = attempt.tokens(platform, &mut browser).await;
        assert_eq!(attempt.whoami(platform, &token).await.status, 200);
        logins.push((attempt.key, token));
    }
    Access::Bound(logins)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_as_it_is_described_whoever_asks_and_whatever() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let mel = member(&platform).await;
    for (path, body) in [
        ("/api/v1/groups", json!({"name": "cooks"})),
        ("/api/v1/groups/cooks/people", json!({"people": ["Mel"]})),
        ("/api/v1/invitations", json!({"email": "ned@example.org"})),
    ] {
        let (status, said) = platform.api("POST", path, Some(&body)).await;
        assert!(status.is_success(), "{path}: {said}");
    }
    let deployments = platform.api("GET", "/api/v1/apps/coffee/deployments", None).await.1;
    let event = platform.audit("limit=1").await[0]["request"].as_str().unwrap().to_owned();
    let text = |text: &str| vec![text.to_owned()];
    let known = [
        ("app", text("coffee")),
        ("function", text("main")),
        ("group", text("cooks")),
        ("person", vec![person_of(&platform, "Mel").await, "Mel".to_owned()]),
        ("secret", text("STRIPE_KEY")),
        ("deployment", vec![deployments["deployments"][0]["id"].as_str().unwrap().to_owned()]),
        ("request", vec![event]),
        ("rest", vec!["checkpoint".to_owned(), "tile/0/000".to_owned()]),
    ];
    let config = config(&known);
    let folder = tempfile::tempdir().unwrap();
    let (stranger, member, owner) = (
        Desk::open(platform.port, Access::Nobody),
        Desk::open(platform.port, mel),
        Desk::open(platform.port, Access::Bearer(platform.owner.clone())),
    );
    let folder = folder.path();
    let some = ["--phases", "coverage,fuzzing", "--max-examples", "10"];
    run(&stranger, folder, &config, NOT_CHECKED_OF_STRANGERS, 1_000, &some);
    run(&member, folder, &config, NOT_CHECKED, 1_000, &["--phases", "coverage"]);
    // What ends the owner's own way in comes last: what is tried after it would be tried by a stranger.
    let mut kept = vec!["--phases", "coverage,fuzzing", "--max-examples", "20"];
    kept.extend(ENDS.iter().flat_map(|id| ["--exclude-operation-id", id]));
    run(&owner, folder, &config, NOT_CHECKED, 1_000, &kept);
    let (status, _) = platform.api("GET", "/api/v1/whoami", None).await;
    assert_eq!(status, 200, "the owner is the owner still");
    let mut platform = platform;
    for id in ENDS {
        let desk = Desk::open(platform.port, Access::Bearer(another_owner(&platform).await));
        run(&desk, folder, &config, NOT_CHECKED, 10, &["--include-operation-id", id, "--max-examples", "20"]);
    }
    platform.owner = another_owner(&platform).await;
    let failed = platform.audit("result=failed&limit=10").await;
    assert!(failed.is_empty(), "{failed:?}");
}

/// Operations that can end the token that they are asked with: an emergency signs everybody out, the owner first.
const ENDS: [&str; 2] = ["token-revoke", "keys-rotate"];

/// The token of one more owner, by the claim link.
async fn another_owner(platform: &Platform) -> String {
    let body = json!({"code": platform.claim_code(&["--again"]), "name": "Otto"});
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    let made = platform.send(CONSOLE, "POST", "/api/v1/claim", headers, body.to_string().into()).await.unwrap();
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()["token"].as_str().unwrap().to_owned()
}
