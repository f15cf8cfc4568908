//! Secrets of apps, from the hand tool to the function, and nowhere else.
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    javascript::{call_token, deploy, platform, project},
    platform::{Platform, Ran, Setup, guest, programs},
};

const CANARY: &str = "sk_canary_7f3a91c2d4e5";
const READS: &str = "export default { async fetch(request, env) {\n\
    const name = new URL(request.url).searchParams.get('name') ?? 'KEY';\n\
    const value = env.SECRETS[name];\n\
    console.log('it is', value, 'here');\n\
    if (name === 'THROWN') throw new Error(`bad key ${value}`);\n\
    return new Response(value);\n} };\n";

/// Runs the hand tool with this on its standard input.
fn fed(platform: &Platform, arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(programs().join("serviceful"))
        .args(arguments)
        .env_clear()
        .env("HOME", platform.data().parent().unwrap())
        .env("XDG_CONFIG_HOME", platform.data().parent().unwrap().join("config"))
        .env("SERVICEFUL_PLATFORM", format!("http://console.localhost:{}", platform.port))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn set(platform: &Platform, app: &str, name: &str, value: &str) {
    let ran = fed(platform, &["secrets", "set", app, name], value);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert!(!ran.out.contains(value) && !ran.err.contains(value));
}

/// Files below the folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(holding(&path, bytes));
        } else if kind.is_file() && fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}

async fn log(platform: &Platform, app: &str, word: &str) -> String {
    for _ in 0..100 {
        let ran = platform.cli(&["logs", app]);
        if ran.out.contains(word) {
            return ran.out;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("`{word}` is not in the log: {}", platform.cli(&["logs", app]).out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_from_the_hand_tool_to_the_granted_function_and_nowhere_else() {
    let mut platform = platform(&Setup::default()).await;
    let manifest = "[[function]]\nroute = \"/granted\"\nsource = \"a.js\"\nsecrets = [\"KEY\", \"THROWN\", \"UNSET\"]\n\
        [[function]]\nroute = \"/other\"\nsource = \"a.js\"\n";
    let folder = project(&platform, "shop", manifest, &[("a.js", READS)]);
    let ran = deploy(&platform, &folder);
    assert!(
        ran.err.contains("secret KEY is not set") && ran.err.contains("serviceful secrets set shop KEY"),
        "{}",
        ran.err
    );
    let token = call_token(&platform, "shop");
    let ask = async |path: &str| platform.app("shop", "GET", path, Some(&token), "").await;
    assert_eq!(ask("/granted").await.status, 500);
    let said = log(&platform, "shop", "the secret KEY is not set").await;
    assert!(said.contains("a.js:3:"), "{said}");

    // A new value counts from the next request on, without a deployment.
    set(&platform, "shop", "KEY", "the first value");
    assert_eq!(ask("/granted").await.text(), "the first value");
    set(&platform, "shop", "KEY", &format!("{CANARY}\n"));
    assert_eq!(ask("/granted").await.text(), CANARY, "the end of the line that a shell adds is none of it");
    set(&platform, "shop", "THROWN", &format!("thrown-{CANARY}"));
    assert_eq!(ask("/granted?name=THROWN").await.status, 500);
    // Another function of the app is not granted it; the try is an event.
    assert_eq!(ask("/other").await.status, 500);
    log(&platform, "shop", "this function is not granted the secret KEY: add `secrets = [\"KEY\"]` to it").await;
    let events = platform.audit("kind=security&action=hatch-denied&limit=10").await;
    assert!(events.iter().any(|event| event["note"] == "secrets: KEY" && event["function"] == "other"), "{events:?}");

    // Its own output shows the name alone, also where it failed.
    let said = log(&platform, "shop", "bad key").await;
    assert!(said.contains("it is [secret KEY] here") && said.contains("bad key [secret THROWN]"), "{said}");
    assert!(!said.contains(CANARY), "{said}");

    // Nobody is told what it holds: not the list, not the audit log, not the disk.
    let listed = platform.cli(&["secrets", "list", "shop", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(list["secrets"][0]["name"], "KEY");
    assert_eq!((&list["secrets"][0]["version"], &list["missing"][0]), (&2.into(), &"UNSET".into()));
    assert!(list["secrets"][0]["used_at"].as_u64().unwrap() > 0 && !listed.out.contains(CANARY));
    let events = platform.audit("action=app-secrets&limit=20").await;
    assert!(events.iter().any(|event| event["note"] == "secret KEY, version 2"), "{events:?}");
    for _ in 0..2 {
        let found = holding(&platform.data(), CANARY.as_bytes());
        let own: Vec<_> = found.iter().filter(|path| !path.contains("project-")).collect();
        assert!(own.is_empty(), "{own:?}");
        platform.stop();
        platform.restart();
    }
    let ask = async |path: &str| platform.app("shop", "GET", path, Some(&token), "").await;
    assert_eq!(ask("/granted").await.text(), CANARY, "it outlives a restart");

    let ran = platform.cli(&["secrets", "remove", "shop", "KEY"]);
    assert!(ran.code == 2 && ran.err.contains("--yes"), "nobody is there to ask: {}", ran.err);
    assert_eq!(ask("/granted").await.text(), CANARY, "and so it stays");
    let ran = platform.cli(&["secrets", "remove", "shop", "KEY", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ask("/granted").await.status, 500, "from the next request on");
    // A later app of the same name has none of them.
    set(&platform, "shop", "KEY", CANARY);
    assert_eq!(platform.cli(&["rm", "shop", "--yes"]).code, 0);
    deploy(&platform, &folder);
    assert!(platform.cli(&["secrets", "list", "shop"]).err.contains("`shop` has no secrets"));
    assert_eq!(platform.app("shop", "GET", "/granted", Some(&call_token(&platform, "shop")), "").await.status, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_snapshot_of_a_function_holds_no_secret_and_the_top_level_has_none() {
    let platform = platform(&Setup::default()).await;
    let source = "let kept = 'nothing';\nexport default { fetch(request, env) { const before = kept; kept = env.SECRETS.KEY; return new Response(before); } };\n";
    let manifest = "[[function]]\nroute = \"/\"\nsource = \"a.js\"\nsecrets = [\"KEY\"]\n";
    let folder = project(&platform, "kept", manifest, &[("a.js", source)]);
    deploy(&platform, &folder);
    set(&platform, "kept", "KEY", CANARY);
    let token = call_token(&platform, "kept");
    for _ in 0..5 {
        assert_eq!(platform.app("kept", "GET", "/", Some(&token), "").await.text(), "nothing");
    }
    assert_eq!(holding(&platform.data().join("artefacts"), CANARY.as_bytes()), [""; 0]);
    fs::write(folder.join("a.js"), "const key = env.SECRETS.KEY;\nexport default () => new Response(key);\n").unwrap();
    let ran = platform.cli_in(&folder, &["deploy", "--yes"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.err.contains("a.js:1") && ran.err.contains("env"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_secret_is_refused_before_it_is_sent() {
    let platform = platform(&Setup::default()).await;
    deploy(
        &platform,
        &project(&platform, "shop", "[[function]]\nroute = \"/\"\nsource = \"a.js\"\n", &[("a.js", READS)]),
    );
    for (arguments, input, says) in [
        (vec!["secrets", "set", "shop", "key"], "v", "`key` is not the name of a secret"),
        (vec!["secrets", "set", "shop", "KEY"], "", "the value is empty"),
        (vec!["secrets", "set", "shop", "KEY"], "\n", "the value is empty"),
        (vec!["secrets", "set", "nowhere", "KEY"], "v", "there is no app `nowhere`"),
        (vec!["secrets", "set", "shop", "KEY", "--file", "/nowhere/at/all"], "", "/nowhere/at/all"),
        (vec!["secrets", "set", "shop", "KEY", "value"], "", "unexpected argument"),
        (vec!["secrets", "remove", "shop", "KEY", "--yes"], "", "there is no secret `KEY`"),
    ] {
        let ran = fed(&platform, &arguments, input);
        assert!(ran.code != 0 && ran.err.contains(says), "{arguments:?}: {} {}", ran.code, ran.err);
    }
    let long = fed(&platform, &["secrets", "set", "shop", "KEY"], &"x".repeat(70_000));
    assert!(long.code != 0 && long.err.contains("65536"), "{}", long.err);
    let file = platform.data().join("value");
    fs::write(&file, "two\nlines\n").unwrap();
    let ran = fed(&platform, &["secrets", "set", "shop", "KEY", "--file", file.to_str().unwrap(), "--json"], "");
    let set: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err));
    assert_eq!(set, serde_json::json!({"name": "KEY", "version": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_reads_what_it_was_granted() {
    let platform = platform(&Setup::default()).await;
    let granted = platform.deploy("wasm", &guest("store-p2"), "secrets = [\"KEY\", \"UNSET\"]").await;
    let bare = platform.deploy("bare", &guest("store-p2"), "").await;
    let long = format!("{CANARY}-{}", "z".repeat(200));
    set(&platform, "wasm", "KEY", &long);
    set(&platform, "bare", "KEY", "the other app's own");
    let ask = async |app: &str, token: &str, path: &str| platform.app(app, "GET", path, Some(token), "").await.text();
    assert_eq!(ask("wasm", &granted, "/held?name=KEY").await, "ok: KEY");
    assert_eq!(ask("wasm", &granted, "/secret?name=KEY").await, format!("ok: {long}"));
    assert_eq!(ask("wasm", &granted, "/secret?name=UNSET").await, "error: Error::NotSet");
    assert_eq!(ask("wasm", &granted, "/held?name=OTHER").await, "error: Error::NotGranted");
    assert_eq!(ask("bare", &bare, "/secret?name=KEY").await, "error: Error::NotGranted");
    let said = log(&platform, "wasm", "unfinished [secret KEY]").await;
    assert!(said.contains("plain [secret KEY]") && !said.contains(CANARY), "{said}");
    assert!(!said.contains("zzzzzzzz"), "no part of it, where a long line is cut: {said}");
}
