//! What is over is taken away by the running platform, and what answers is not.
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::platform::{Platform, Setup, guest};

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn make_old(folder: &Path) {
    let long_ago = SystemTime::now() - Duration::from_secs(3 * 86_400);
    for path in files(folder) {
        // The owner may set times of a file that is read-only.
        fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_and_artefacts_that_nobody_uses_go_and_the_app_stays() {
    let setup = Setup { config: "[control]\ncollect_every_s = 1\n".to_owned(), programs: None };
    let mut platform = Platform::claimed(&setup).await;
    let token = platform.deploy("coffee", &guest("bench-hello"), "").await;
    let gone = platform.deploy("tea", &guest("hello"), "").await;
    assert_eq!(platform.app("tea", "GET", "/", Some(&gone), "").await.status, 200);
    assert!(platform.api("DELETE", "/api/v1/apps/tea", None).await.0.is_success());
    // Refused when it is compiled, so it never became a deployment that can be gone back to.
    assert_eq!(platform.try_deploy("milk", b"\0asm, but no component", "").await.0, "failed");
    let (contents, artefacts) = (platform.data().join("contents"), platform.data().join("artefacts"));
    assert_eq!((files(&contents).len(), files(&artefacts).len()), (3, 4), "of an artefact: its code and its label");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(files(&contents).len(), 3, "fresh ones wait for their grace");

    platform.stop();
    make_old(&contents);
    make_old(&artefacts);
    platform.restart();
    let mut events = Vec::new();
    for _ in 0..100 {
        events = platform.audit("action=collected&limit=10").await;
        if !events.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let note = events[0]["note"].as_str().unwrap();
    assert!(
        note.contains("2 components that no deployment uses") && note.contains("2 files of compiled code"),
        "{note}"
    );
    assert_eq!((files(&contents).len(), files(&artefacts).len()), (1, 2), "what is deployed stays, however old");
    let token_works = platform.app("coffee", "GET", "/", Some(&token), "").await;
    assert_eq!(token_works.status, 200, "{}", token_works.text());
    assert_eq!(
        platform.try_deploy("tea", &fs::read(guest("hello")).unwrap(), "").await.0,
        "ready",
        "and can come back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_beyond_the_quota_is_refused_by_name() {
    let setup = Setup { config: "[control]\nundeployed_mib = 1\n".to_owned(), programs: None };
    let platform = Platform::claimed(&setup).await;
    assert_eq!(platform.try_deploy("coffee", &[b"\0asm", &[0; 700 << 10][..]].concat(), "").await.0, "failed");
    let (state, answer) = platform.try_deploy("coffee", &vec![1; 700 << 10], "").await;
    assert_eq!(
        (state.as_str(), &answer["status"], &answer["code"]),
        ("refused", &507.into(), &"CTL-007".into()),
        "{answer}"
    );
    assert!(answer["detail"].as_str().unwrap().contains("`control.undeployed_mib`"), "{answer}");
    let token = platform.deploy("tea", &guest("bench-hello"), "").await;
    assert_eq!(platform.app("tea", "GET", "/", Some(&token), "").await.status, 200, "a small one still fits");
}
