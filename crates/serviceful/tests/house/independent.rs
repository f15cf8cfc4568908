//! A client that is not ours (npm `openid-client`, `jose`) against discovery, the code flow, tokens and keys. We play the browser.
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::{
    browser::Browser,
    oauth_client::{CONSOLE, answer, url},
    platform::{Platform, Setup, guest, programs},
    sign_in::{ID, second_owner},
};

/// What `make oauth-client` installed.
fn tools() -> PathBuf {
    let given = std::env::var_os("SERVICEFUL_OAUTH_CLIENT").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| programs().parent().unwrap().join("oauth-client"));
    assert!(folder.join("installed").exists(), "there is no client in {}; run `make oauth-client`", folder.display());
    folder
}

/// Opens what the client asks for and says yes; where the browser is sent then.
async fn allow(platform: &Platform, browser: &mut Browser, link: &str) -> String {
    let way = link.strip_prefix(&url(platform, ID, "")).unwrap();
    let page = browser.open(platform, ID, way).await;
    let page = browser.follow(platform, page).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    answer(platform, browser, &page, "allow").await.location()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_and_a_verifier_of_others_agree_with_ours() {
    let platform = Platform::claimed(&Setup::default()).await;
    for app in ["coffee", "tea"] {
        platform.deploy(app, &guest("echo-p2"), "access = \"signed-in\"").await;
    }
    let (mut browser, _) = second_owner(&platform).await;
    let places = json!({
        "issuer": url(&platform, ID, ""),
        "console": url(&platform, CONSOLE, ""),
        "app": url(&platform, "coffee.localhost", ""),
        "other": url(&platform, "tea.localhost", ""),
        "redirect": "http://127.0.0.1:47112/callback",
    });
    let (tools, script) = (tools(), concat!(env!("CARGO_MANIFEST_DIR"), "/../../js/oauth/client.mjs"));
    let mut child = Command::new(tools.join("node"))
        .args([script.to_owned(), places.to_string()])
        .env("SERVICEFUL_OAUTH_CLIENT", &tools)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut to, mut from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).unwrap() == 0 {
            break;
        }
        let line = line.trim();
        if let Some(link) = line.strip_prefix("authorize ") {
            let way = allow(&platform, &mut browser, link).await;
            writeln!(to, "{way}").unwrap();
        } else if line == "rotate" {
            let ran = platform.cli_in(&platform.data(), &["keys", "rotate", "--emergency", "--yes", "--host"]);
            assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
            writeln!(to, "rotated").unwrap();
        } else {
            lines.push(line.to_owned());
        }
    }
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(child.wait().unwrap().success(), "{lines:?}\n{err}");
    assert_eq!(lines.first().map(String::as_str), Some("done"), "{lines:?}\n{err}");
    assert_eq!(lines.len(), 10, "{lines:?}");
}
