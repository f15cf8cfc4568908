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

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_gone_or_older_is_no_good_log() {
    let mut platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("bench-hello"), "").await;
    let (_, posture) = platform.api("GET", "/api/v1/posture", None).await;
    let key = posture.to_string().split('"').find(|word| word.matches('+').count() >= 2).unwrap().to_owned();
    platform.stop();
    let audit = platform.data().join("audit");
    let empty = tempfile::tempdir().unwrap();
    for folder in [empty.path(), platform.data().as_path(), std::path::Path::new("/etc")] {
        let ran = platform.cli(&["audit", "verify", "--dir", &folder.display().to_string(), "--key", &key]);
        assert_eq!(ran.code, 1, "{}: {} {}", folder.display(), ran.out, ran.err);
        assert!(ran.err.contains("no audit log"), "{}", ran.err);
    }
    // All of it gone but the file that says that there was one.
    let kept = empty.path().join("kept");
    std::fs::rename(&audit, &kept).unwrap();
    std::fs::create_dir(&audit).unwrap();
    std::fs::copy(kept.join("lock"), audit.join("lock")).unwrap();
    let ran = verify(&platform, &key);
    assert_eq!(ran.code, 1, "{} {}", ran.out, ran.err);
    // And the platform does not begin a new history over it.
    let ended = platform.try_restart();
    assert!(!ended.contains("\"ready\""), "{ended}");
    std::fs::remove_dir_all(&audit).unwrap();
    std::fs::rename(&kept, &audit).unwrap();
    platform.restart();
    let (_, verdict) = platform.api("GET", "/api/v1/audit/verify", None).await;
    assert_eq!(verdict["intact"], true, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_no_event_has_are_refused_with_those_that_there_are() {
    let platform = Platform::claimed(&Setup::default()).await;
    for query in ["kind=bogus", "result=bogus"] {
        let (status, problem) = platform.api("GET", &format!("/api/v1/audit?{query}"), None).await;
        assert_eq!(status, 400, "{problem}");
        assert!(
            problem["detail"].to_string().contains("refused") || problem["detail"].to_string().contains("security")
        );
    }
    for (_, kind) in [
        ("Request", audit::Kind::Request),
        ("ControlBegin", audit::Kind::ControlBegin),
        ("Control", audit::Kind::Control),
        ("Security", audit::Kind::Security),
        ("Process", audit::Kind::Process),
        ("Engine", audit::Kind::Engine),
        ("Key", audit::Kind::Key),
        ("Platform", audit::Kind::Platform),
    ] {
        let word = serde_json::to_value(kind).unwrap();
        let (status, problem) =
            platform.api("GET", &format!("/api/v1/audit?kind={}", word.as_str().unwrap()), None).await;
        assert_eq!(status, 200, "{problem}");
    }
    let ran = platform.cli(&["audit", "--kind", "bogus", "--json"]);
    assert_eq!(ran.code, 2, "{} {}", ran.out, ran.err);
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert!(error["error"]["what"].to_string().contains("bogus"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_status_could_say_any_more_stands_in_the_apps_log() {
    let platform = Platform::claimed(&Setup::default()).await;
    let limits = "limits = { response_kib = 2048, log_bytes_per_second = 4096 }";
    let token = platform.deploy("bad", &guest("hostile-p2"), limits).await;
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let broken = platform.send("bad.localhost", "GET", "/flood", headers, bytes::Bytes::new()).await;
    assert!(broken.is_err(), "the body ends early");
    let mut text = String::new();
    for _ in 0..100 {
        let mut headers = http::HeaderMap::new();
        headers.insert("authorization", format!("Bearer {}", platform.owner).parse().unwrap());
        let path = "/api/v1/apps/bad/logs?tail=50";
        text = platform.send("console.localhost", "GET", path, headers, bytes::Bytes::new()).await.unwrap().text();
        if text.contains("response_kib") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(text.contains("the response broke off") && text.contains("response_kib"), "{text}");
}
