//! The sign-in pages in a real Chromium with virtual passkey devices.
use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use crate::platform::{Platform, Setup, guest, programs};

/// What `make browser` installed.
pub(crate) fn tools() -> PathBuf {
    let given = std::env::var_os("SERVICEFUL_BROWSER").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| programs().parent().unwrap().join("browser"));
    assert!(folder.join("installed").exists(), "there is no browser in {}; run `make browser`", folder.display());
    folder
}

/// Runs a script of `js/browser`, which is told where everything is; gives back what it printed.
pub(crate) fn drive(script: &str, places: &Value) -> String {
    let (tools, folder) = (tools(), concat!(env!("CARGO_MANIFEST_DIR"), "/../../js/browser"));
    let run = Command::new(tools.join("node"))
        .args([format!("{folder}/{script}"), places.to_string()])
        .env("SERVICEFUL_BROWSER", &tools)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}\n{err}");
    out.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_with_real_browsers_get_in_and_thieves_do_not() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "access = \"signed-in\"").await;
    let demand = "access = \"signed-in\"\nmin_assurance = \"phishing-resistant\"\nmax_auth_age_s = 8";
    platform.deploy("vault", &guest("echo-p2"), demand).await;
    let mut links = Vec::new();
    for email in ["gus@example.org", "ada@example.org"] {
        let (status, made) = platform.api("POST", "/api/v1/invitations", Some(&json!({"email": email}))).await;
        assert_eq!(status, 201, "{made}");
        links.push(made["link"].clone());
    }
    let at = |host: &str| format!("http://{host}.localhost:{}", platform.port);
    let places = json!({
        "claim": format!("{}/claim#{}", at("console"), platform.claim_code(&["--again"])),
        "app": at("coffee"),
        "vault": at("vault"),
        "id": at("id"),
        "invitation": links[0],
        "plain": links[1],
    });
    let out = drive("journey.mjs", &places);
    assert_eq!(out.lines().count(), 7, "{out}");
    assert!(out.contains("asked to confirm by a function"), "{out}");
}
