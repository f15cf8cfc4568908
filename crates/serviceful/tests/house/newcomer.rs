//! The first ten minutes of somebody new, with the hand tool alone.
use std::fs;

use crate::platform::{Platform, Setup, guest};

#[tokio::test(flavor = "multi_thread")]
async fn from_an_empty_folder_to_a_protected_function_and_back() {
    let platform = Platform::start(&Setup::default());
    let data = platform.data();
    let ran = platform.cli_in(&data, &["claim", "--accept", "--name", "Nina"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert!(platform.cli(&["whoami"]).out.contains("Nina"));

    let ran = platform.cli_in(&data, &["new", "tea"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let project = data.join("tea");
    let manifest = fs::read_to_string(project.join("serviceful.toml")).unwrap();
    let ran = platform.cli_in(&project, &["check"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    fs::write(project.join("serviceful.toml"), manifest.replace("source ", "soruce ")).unwrap();
    let ran = platform.cli_in(&project, &["check"]);
    assert_ne!(ran.code, 0);
    assert!(ran.err.contains("`source`") && ran.err.contains('^'), "the nearest key and the place: {}", ran.err);
    fs::write(project.join("serviceful.toml"), &manifest).unwrap();

    let ran = platform.cli_in(&project, &["deploy"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert!(
        ran.out.contains("serves javascript") && ran.out.contains(&format!("http://tea.localhost:{}", platform.port)),
        "{}",
        ran.out
    );

    assert_eq!(platform.app("tea", "GET", "/", None, "").await.status, 401);
    let ran = platform.cli(&["invoke", "tea", "/"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert!(ran.out.contains("Nina"), "the function knows who calls without a line for it: {}", ran.out);
    let token = platform.cli(&["token", "create", "tea", "--quiet"]).out.trim().to_owned();
    assert_eq!(platform.app("tea", "GET", "/", Some(&token), "").await.status, 200);

    for verb in [
        &["apps"][..],
        &["deployments", "tea"],
        &["members", "tea"],
        &["logs", "tea"],
        &["audit"],
        &["audit", "verify"],
        &["posture"],
        &["token", "ls"],
        &["members", "tea", "export"],
        &["people", "export"],
    ] {
        let plain = platform.cli(verb);
        assert_eq!(plain.code, 0, "{verb:?}: {} {}", plain.out, plain.err);
        let json = platform.cli(&[verb, &["--json"]].concat());
        assert_eq!(json.code, 0, "{verb:?} --json: {} {}", json.out, json.err);
        let whole = serde_json::from_str::<serde_json::Value>(&json.out).is_ok();
        let lines = json.out.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
        assert!(whole || lines, "{verb:?} --json prints JSON: {}", json.out);
    }

    let ran = platform.cli(&["rm", "tea"]);
    assert_ne!(ran.code, 0, "nobody is there to ask");
    let ran = platform.cli(&["rm", "tea", "--yes"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert_eq!(platform.app("tea", "GET", "/", Some(&token), "").await.status, 421);
    assert_eq!(platform.cli(&["invoke", "tea", "/"]).code, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_in_rust_prints_its_imports_beside_its_grants() {
    let platform = Platform::start(&Setup::default());
    let data = platform.data();
    assert_eq!(platform.cli_in(&data, &["claim", "--accept", "--name", "Nina"]).code, 0);
    assert_eq!(platform.cli_in(&data, &["new", "leaf", "--template", "rust"]).code, 0);
    let project = data.join("leaf");
    let manifest = fs::read_to_string(project.join("serviceful.toml")).unwrap();
    // What `cargo build` would make; tests of the guests do that.
    let component = manifest
        .lines()
        .find_map(|line| line.strip_prefix("component").map(|rest| rest.trim_matches([' ', '=', '"']).to_owned()));
    let component = project.join(component.unwrap());
    fs::create_dir_all(component.parent().unwrap()).unwrap();
    fs::copy(guest("hello"), &component).unwrap();
    let ran = platform.cli_in(&project, &["deploy", "--no-build"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert!(ran.out.contains("granted") && ran.out.contains("linked to nothing"), "{}", ran.out);
}

#[test]
fn every_verb_teaches() {
    let platform = Platform::start(&Setup::default());
    let verbs = [
        "up",
        "serve",
        "new",
        "types",
        "check",
        "deploy",
        "apps",
        "deployments",
        "rollback",
        "rm",
        "invoke",
        "logs",
        "members",
        "people",
        "who-can",
        "why",
        "policy",
        "invite",
        "mail",
        "token",
        "audit",
        "posture",
        "doctor",
        "openapi",
        "claim",
        "whoami",
        "logout",
        "completions",
    ];
    for verb in verbs {
        let ran = platform.cli(&[verb, "--help"]);
        assert!(ran.code == 0 && ran.out.contains("Example"), "{verb}: {}", ran.out);
    }
    assert_eq!(platform.cli(&["no-such-verb"]).code, 2);
}

#[test]
fn the_doctor_ends_with_an_error_when_the_platform_is_dead_and_says_the_same_in_json() {
    let mut platform = Platform::start(&Setup::default());
    let asked = |platform: &Platform, folder: &std::path::Path| {
        let (plain, json) = (platform.cli_in(folder, &["doctor"]), platform.cli_in(folder, &["doctor", "--json"]));
        let findings: Vec<serde_json::Value> = serde_json::from_str(&json.out).unwrap();
        let bad = findings.iter().any(|f| f["state"] == "bad");
        assert_eq!((plain.code, json.code), (i32::from(bad), i32::from(bad)), "{} {}", plain.out, json.out);
        let platform = findings.iter().find(|f| f["what"] == "platform").unwrap();
        platform["state"].as_str().unwrap().to_owned()
    };
    let (data, elsewhere) = (platform.data(), tempfile::tempdir().unwrap());
    assert_eq!(asked(&platform, &data), "ok", "as the operator");
    assert_eq!(asked(&platform, elsewhere.path()), "careful", "it answers a stranger, whom it does not know");
    platform.stop();
    assert_eq!(asked(&platform, &data), "bad");
    assert_eq!(asked(&platform, elsewhere.path()), "bad", "nor does it answer a stranger");
}
