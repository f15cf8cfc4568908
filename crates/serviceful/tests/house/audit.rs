//! The log tells everything, and cannot be changed unseen.
use crate::platform::{Platform, Setup, guest};

#[tokio::test(flavor = "multi_thread")]
async fn each_request_leaves_one_event_that_says_all() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("coffee", &guest("echo-p2"), "").await;
    let answer = platform.app("coffee", "GET", "/scheme", Some(&token), "").await;
    let request = answer.headers["sf-request"].to_str().unwrap().to_owned();
    let events = platform.audit(&format!("request={request}")).await;
    assert_eq!(events.len(), 1, "{events:?}");
    let event = &events[0];
    assert_eq!(
        (event["kind"].as_str(), event["action"].as_str(), event["resource"].as_str()),
        (Some("request"), Some("invoke"), Some("coffee/main"))
    );
    assert_eq!(event["who"]["id"].as_str(), Some(platform.person.as_str()));
    assert!(event["who"]["credential"].is_string() && event["deployment"].is_string(), "{event}");
    assert!(event["engine_build"].as_str().unwrap().starts_with("sf1/wasmtime-48."), "{event}");
    assert!(!event["policies"].as_array().unwrap().is_empty(), "{event}");
    assert!(event["timings"]["total_us"].as_u64().unwrap() > 0, "{event}");
    let text = std::fs::read_dir(platform.data().join("audit")).unwrap().count();
    assert!(text > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_file_of_the_platform() {
    let platform = Platform::claimed(&Setup::default()).await;
    let token = platform.deploy("coffee", &guest("echo-p2"), "").await;
    platform.app("coffee", "GET", "/stdout", Some(&token), "").await;
    platform.app("coffee", "GET", "/", Some("sfp_not-a-token-but-a-canary-0123456789"), "").await;
    let mut found = Vec::new();
    let mut folders = vec![platform.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if let Ok(bytes) = std::fs::read(entry.path()) {
                for secret in [token.as_str(), &platform.owner, "not-a-token-but-a-canary"] {
                    if bytes.windows(secret.len()).any(|w| w == secret.as_bytes()) {
                        found.push(entry.path());
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

fn verify(platform: &Platform, key: &str) -> crate::platform::Ran {
    let folder = platform.data().join("audit").display().to_string();
    platform.cli(&["audit", "verify", "--dir", &folder, "--key", key, "--json"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_on_disk_is_found_offline() {
    let mut platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("bench-hello"), "").await;
    let (_, posture) = platform.api("GET", "/api/v1/posture", None).await;
    let checks = posture["checks"].as_array().unwrap();
    let key = checks.iter().find(|c| c["name"] == "audit key").unwrap()["detail"].as_str().unwrap().to_owned();
    platform.stop();
    let before = verify(&platform, &key);
    assert_eq!(before.code, 0, "{} {}", before.out, before.err);
    let mut changed = false;
    let mut folders = vec![platform.data().join("audit")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            if let Some(at) = bytes.windows(10).position(|w| w == b"app-deploy") {
                bytes[at] = b'A';
                std::fs::write(&path, bytes).unwrap();
                changed = true;
            }
        }
    }
    assert!(changed);
    let after = verify(&platform, &key);
    assert_ne!(after.code, 0, "{} {}", after.out, after.err);
    assert!(after.out.contains("\"intact\": false"), "{} {}", after.out, after.err);
}
