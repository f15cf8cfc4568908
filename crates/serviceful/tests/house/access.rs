//! Who may, why, and what a deployment opens: asked of a whole platform.
use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    browser::Browser,
    platform::{Platform, Setup, guest},
    sign_in::{COFFEE, person_of, second_owner},
};

/// A project with one component and a Cedar file, in a folder of its own.
fn project(platform: &Platform, name: &str, functions: &str, cedar: Option<&str>) -> PathBuf {
    let folder = platform.data().parent().unwrap().join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::copy(guest("echo-p2"), folder.join("c.wasm")).unwrap();
    let policy = if cedar.is_some() { "[policy]\nfile = \"app.cedar\"\n" } else { "" };
    fs::write(folder.join("serviceful.toml"), format!("name = \"{name}\"\n{policy}{functions}")).unwrap();
    fs::write(folder.join("app.cedar"), cedar.unwrap_or_default()).unwrap();
    folder
}

fn function(name: &str, route: &str, more: &str) -> String {
    format!("[[function]]\nname = \"{name}\"\nroute = \"{route}\"\ncomponent = \"c.wasm\"\n{more}\n")
}

/// Another person, by the claim: their id, and the token of their command line. Not an owner any more is nobody, so these are owners.
async fn another(platform: &Platform, name: &str) -> String {
    let body = json!({"code": platform.claim_code(&["--again"]), "name": name});
    let (status, made) = platform.api("POST", "/api/v1/claim", Some(&body)).await;
    assert!(status.is_success(), "{status} {made}");
    made["person"].as_str().unwrap().to_owned()
}

fn json(ran: &crate::platform::Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err))
}

const OPEN: &str = "access = \"public\"\nreason = \"a test that everybody may read\"";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_deployment_opens_is_shown_before_it_counts_and_stands_in_the_log() {
    let platform = Platform::start(&Setup::default());
    assert_eq!(platform.cli_in(&platform.data(), &["claim", "--accept", "--name", "Nina"]).code, 0);
    let both = |till: &str| function("main", "/*", "") + &function("till", "/till", till);

    // Members only, and new: shown, not asked.
    let folder = project(&platform, "coffee", &both(""), None);
    let ran = platform.cli_in(&folder, &["deploy"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("members may call till `/till` (a new route)"), "{}", ran.err);

    // A closed door that opens: refused without a yes, and nothing is there of it.
    let folder = project(&platform, "coffee", &both(OPEN), None);
    let ran = platform.cli_in(&folder, &["deploy"]);
    assert_eq!(ran.code, 2, "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("strangers may call till `/till`, by rule public"), "{}", ran.err);
    assert_eq!(platform.app("coffee", "GET", "/till", None, "").await.status, 401, "what answered still answers");
    let listed = json(&platform.cli(&["deployments", "coffee", "--json"]));
    assert_eq!(listed["deployments"].as_array().unwrap().len(), 1, "{listed}");
    let ran = platform.cli_in(&folder, &["deploy", "--json"]);
    assert_eq!(ran.code, 2, "a program is not asked either: {} {}", ran.out, ran.err);

    let ran = platform.cli_in(&folder, &["deploy", "--yes"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    // The guest knows no such path; it was asked.
    assert_eq!(platform.app("coffee", "GET", "/till", None, "").await.status, 404);
    let log = json(&platform.cli(&["audit", "--action", "deployment-ready", "--json"]));
    assert_eq!(log["events"][0]["note"], "gains access: stranger to `/till` by public", "{log}");

    // The same again opens nothing. A narrower rule that is taken away again does.
    let rule = "@id(\"mornings\") forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/main\")\nwhen { context.path like \"/stock/*\" };";
    let folder = project(&platform, "coffee", &both(OPEN), Some(rule));
    let ran = platform.cli_in(&folder, &["deploy"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let folder = project(&platform, "coffee", &both(OPEN), None);
    let ran = platform.cli_in(&folder, &["deploy"]);
    assert_eq!(ran.code, 2, "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("some calls only, such as GET /stock/"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_can_says_what_the_rules_in_force_say() {
    let mut platform = Platform::claimed(&Setup::default()).await;
    let rule = "@id(\"stock\") forbid (principal, action == Sf::Action::\"invoke\", resource == Sf::Function::\"coffee/main\")\nwhen { context.path like \"/stock/*\" } unless { principal in Sf::Group::\"coffee/admins\" };";
    let folder = project(&platform, "coffee", &function("main", "/*", ""), Some(rule));
    let code = platform.claim_code(&["--again"]);
    assert_eq!(
        platform
            .cli(&["claim", &format!("http://console.localhost:{}/claim#{code}", platform.port), "--name", "Nina"])
            .code,
        0
    );
    assert_eq!(platform.cli_in(&folder, &["deploy"]).code, 0);
    let ada = another(&platform, "Ada").await;
    another(&platform, "Ned").await;
    let (status, _) =
        platform.api("PUT", &format!("/api/v1/apps/coffee/members/{ada}"), Some(&json!({"role": "member"}))).await;
    assert!(status.is_success());

    let list = json(&platform.cli(&["who-can", "invoke", "coffee/main", "--json", "--page", "1"]));
    let may: Vec<_> = list["callers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["name"].as_str().unwrap(), c["may"].as_str().unwrap()))
        .collect();
    assert_eq!(
        may,
        [("Nina", "yes"), ("Ada", "partly")],
        "the owner who deployed is an admin; Ned and the first owner are nothing: {list}"
    );
    let class =
        |name: &str| list["classes"].as_array().unwrap().iter().find(|c| c["class"] == name).unwrap()["may"].clone();
    assert_eq!(
        (class("stranger"), class("owner"), class("member"), class("admin")),
        (json!("no"), json!("no"), json!("partly"), json!("yes"))
    );
    let plain = platform.cli(&["who-can", "invoke", "coffee/main"]);
    assert!(
        plain.code == 0 && plain.out.contains("Ada") && plain.out.contains("members"),
        "{} {}",
        plain.out,
        plain.err
    );

    // Whoever is disabled may not from then on; nothing is remembered.
    let (status, _) = platform.api("PUT", &format!("/api/v1/people/{ada}"), Some(&json!({"disabled": true}))).await;
    assert!(status.is_success());
    let list = json(&platform.cli(&["who-can", "invoke", "coffee/main", "--json"]));
    assert_eq!(list["callers"].as_array().unwrap().len(), 1, "{list}");
    let gone = platform.cli(&["who-can", "invoke", "coffee/none"]);
    assert!(gone.code == 4 && gone.err.contains("`main`"), "{}", gone.err);
    // Somebody who may not read members may not read this.
    platform.owner = String::new();
    let (status, _) = platform.api("GET", "/api/v1/apps/coffee/functions/main/callers", None).await;
    assert_eq!(status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_demands_is_said_and_asking_less_is_opening_it() {
    let platform = Platform::start(&Setup::default());
    assert_eq!(platform.cli_in(&platform.data(), &["claim", "--accept", "--name", "Nina"]).code, 0);
    let safe = |more: &str| project(&platform, "coffee", &function("safe", "/safe", more), None);
    let ran = platform.cli_in(&safe("min_assurance = \"multi-factor\"\nmax_auth_age_s = 60"), &["deploy"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert!(ran.err.contains("which demands multi-factor, at most 60 s ago (a new route)"), "{}", ran.err);
    let list = json(&platform.cli(&["who-can", "invoke", "coffee/safe", "--json"]));
    assert_eq!(
        (&list["demands"], &list["callers"][0]["may"], &list["reads"]),
        (&json!("multi-factor, at most 60 s ago"), &json!("partly"), &json!(["assurance", "age"])),
        "{list}"
    );
    let example = list["callers"][0]["example"].as_str().unwrap();
    assert_eq!(example, "GET /safe, signed in with several factors at most 60 s ago");

    // Older will do, and then anything: both open what was closed.
    let ran = platform.cli_in(&safe("min_assurance = \"multi-factor\"\nmax_auth_age_s = 3600"), &["deploy"]);
    assert!(ran.code == 2 && ran.err.contains("signed in with several factors at most 3600 s ago"), "{}", ran.err);
    let ran = platform.cli_in(&safe(""), &["deploy"]);
    assert!(ran.code == 2 && ran.err.contains("GET /safe, however they signed in"), "{}", ran.err);
    // More is nothing that anybody gains.
    let ran = platform.cli_in(&safe("min_assurance = \"phishing-resistant\"\nmax_auth_age_s = 60"), &["deploy"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn why_explains_a_refusal_until_the_change_that_it_names_is_made() {
    let platform = Platform::start(&Setup::default());
    assert_eq!(platform.cli_in(&platform.data(), &["claim", "--accept", "--name", "Nina"]).code, 0);
    let folder =
        project(&platform, "coffee", &function("main", "/*", "access = \"workloads\"\ncallers = [\"till\"]"), None);
    assert_eq!(platform.cli_in(&folder, &["deploy", "--yes"]).code, 0);
    let made = json(&platform.cli(&["token", "create", "coffee", "other", "--json"]));
    let token = made["secret"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();

    let answer = platform.app("coffee", "GET", "/scheme", Some(&token), "").await;
    assert_eq!(answer.status, 403);
    let request = answer.headers["sf-request"].to_str().unwrap().to_owned();
    let why = json(&platform.cli(&["why", &request, "--json"]));
    assert_eq!(why["who"]["name"], "service:other", "{why}");
    assert!(why["who"]["by"].as_str().unwrap().starts_with("token `"), "{why}");
    assert_eq!(
        (&why["rules"][0]["id"], &why["rules"][0]["effect"]),
        (&json!("g-workloads"), &json!("forbid")),
        "{why}"
    );
    assert_eq!(why["now"]["may"], "no");
    let changes: Vec<_> = why["changes"].as_array().unwrap().iter().map(|c| c["change"].as_str().unwrap()).collect();
    assert!(changes.iter().any(|change| change.contains("`callers` of `main`")), "{changes:?}");
    let plain = platform.cli(&["why", &request, "--rules"]);
    assert!(
        plain.code == 0 && plain.out.contains("g-workloads") && plain.out.contains("forbid ("),
        "{} {}",
        plain.out,
        plain.err
    );

    // Done as it says, the answer is another one; the log keeps what was.
    let folder = project(
        &platform,
        "coffee",
        &function("main", "/*", "access = \"workloads\"\ncallers = [\"till\", \"other\"]"),
        None,
    );
    let ran = platform.cli_in(&folder, &["deploy"]);
    assert!(ran.code == 2 && ran.err.contains("service:other may call main"), "{}", ran.err);
    assert_eq!(platform.cli_in(&folder, &["deploy", "--yes"]).code, 0);
    assert_eq!(platform.app("coffee", "GET", "/scheme", Some(&token), "").await.status, 200);
    let why = json(&platform.cli(&["why", &request, "--json"]));
    assert_eq!(
        (&why["now"]["may"], &why["events"][0]["outcome"]["result"]),
        (&json!("yes"), &json!("refused")),
        "{why}"
    );

    // A stranger, a control action, and a request that never was.
    let answer = platform.app("coffee", "GET", "/scheme", None, "").await;
    let why = platform.cli(&["why", answer.headers["sf-request"].to_str().unwrap()]);
    assert!(
        why.code == 0 && why.out.contains("a stranger asked for `invoke` on `coffee/main`"),
        "{} {}",
        why.out,
        why.err
    );
    let log = json(&platform.cli(&["audit", "--action", "app-deploy", "--kind", "control", "--json"]));
    let deploy = log["events"][0]["request"].as_str().unwrap().to_owned();
    let why = json(&platform.cli(&["why", &deploy, "--json"]));
    assert_eq!((&why["now"]["may"], &why["rules"][0]["id"]), (&json!("yes"), &json!("admin")), "{why}");
    let ran = platform.cli(&["why", "r-aaaaaaaaaaaaaaaaaaaaaaaaaa"]);
    assert_eq!(ran.code, 4, "{} {}", ran.out, ran.err);
}

#[test]
fn tables_of_questions_are_asked_without_a_platform() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("serviceful.toml"),
        format!("name = \"coffee\"\n{}", function("menu", "GET /menu", OPEN)),
    )
    .unwrap();
    let program = crate::platform::programs().join("serviceful");
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(&program).args(arguments).current_dir(folder.path()).output().unwrap();
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (code, _, err) = run(&["policy", "test"]);
    assert!(code == Some(1) && err.contains("policy-tests.toml"), "{err}");
    fs::write(
        folder.path().join("policy-tests.toml"),
        "[[test]]\nwho = \"stranger\"\ncall = \"GET /menu\"\nexpect = \"allow\"\nby = [\"public\"]\n",
    )
    .unwrap();
    let (code, out, err) = run(&["policy", "test"]);
    assert!(code == Some(0) && out.contains("1 as expected, 0 not"), "{out} {err}");
    fs::write(
        folder.path().join("policy-tests.toml"),
        "[[test]]\nwho = \"stranger\"\ncall = \"GET /menu\"\nexpect = \"deny\"\n",
    )
    .unwrap();
    let (code, out, _) = run(&["policy", "test", "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["failed"], &report["tests"][0]["found"]), (Some(1), &json!(1), &json!("allow")), "{out}");
}

/// Opens the app, by way of the sign-in pages if it has to be.
async fn visit(platform: &Platform, browser: &mut Browser) -> crate::browser::Page {
    let page = browser.open(platform, COFFEE, "/caller").await;
    browser.follow(platform, page).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_away_asks_once_and_is_let_in_or_not_by_whoever_decides() {
    const ASK: &str = "/.sf/request-access";
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let (mut browser, _) = second_owner(&platform).await;
    let olga = person_of(&platform, "Olga").await;
    let member = format!("/api/v1/apps/coffee/members/{olga}");
    assert!(platform.api("DELETE", &member, None).await.0.is_success());
    let open = async || {
        let (status, list) = platform.api("GET", "/api/v1/apps/coffee/access-requests", None).await;
        assert_eq!(status, 200, "{list}");
        list["requests"].as_array().unwrap().clone()
    };

    let page = visit(&platform, &mut browser).await;
    assert_eq!(page.status(), 403, "{}", page.text());
    assert!(page.text().contains(&format!("action=\"{ASK}\"")), "{}", page.text());
    let long = "x".repeat(501);
    let page = browser.send(&platform, COFFEE, ASK, &[("message", &long)]).await;
    assert!(page.status() == 403 && page.text().contains("500"), "{}", page.text());
    assert!(open().await.is_empty(), "nothing is kept of what is refused");
    for message in ["I am the\r\ncook", "please!"] {
        let page = browser.send(&platform, COFFEE, ASK, &[("message", message)]).await;
        assert!(page.status() == 200 && page.text().contains("You requested access"), "{}", page.text());
    }
    let list = open().await;
    assert_eq!(
        (list.len(), &list[0]["message"], &list[0]["email"]),
        (1, &json!("I am the cook"), &json!("olga@example.org")),
        "asked once: {list:?}"
    );
    // A stranger learns nothing.
    assert_eq!(Browser::default().send(&platform, COFFEE, ASK, &[("message", "me too")]).await.status(), 404);
    assert_eq!(open().await.len(), 1);

    // No, for a week; it looks like an answer that is still to come.
    let path = format!("/api/v1/apps/coffee/access-requests/{olga}");
    assert_eq!(platform.api("POST", &format!("{path}/deny"), None).await.0, 200);
    let page = browser.send(&platform, COFFEE, ASK, &[("message", "again")]).await;
    assert!(page.status() == 200 && page.text().contains("You requested access"), "{}", page.text());
    assert!(open().await.is_empty());
    assert_eq!(
        platform.api("POST", &format!("{path}/approve"), Some(&json!({}))).await.0,
        404,
        "nobody is let in by a request that was denied"
    );
    assert_eq!(visit(&platform, &mut browser).await.status(), 403);

    // Yes: somebody else, who counts from the next request on.
    let mut events = platform.audit("app=coffee&limit=200").await;
    events
        .retain(|event| event["note"].as_str().is_some_and(|note| note.contains(&olga) && note.contains("for access")));
    let notes: Vec<_> =
        events.iter().rev().map(|event| event["note"].as_str().unwrap().replace(&olga, "Olga")).collect();
    assert_eq!(
        notes,
        [
            "Olga asks for access",
            "Olga asks for access, and did already",
            "Olga asked for access and was denied",
            "Olga asks for access again after a denial; not kept",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_let_in_is_in_at_once() {
    let platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("coffee", &guest("echo-p2"), "").await;
    let (mut browser, _) = second_owner(&platform).await;
    let olga = person_of(&platform, "Olga").await;
    assert!(platform.api("DELETE", &format!("/api/v1/apps/coffee/members/{olga}"), None).await.0.is_success());
    assert_eq!(visit(&platform, &mut browser).await.status(), 403);
    browser.send(&platform, COFFEE, "/.sf/request-access", &[("message", "")]).await;
    let code = platform.claim_code(&["--again"]);
    let link = format!("http://console.localhost:{}/claim#{code}", platform.port);
    assert_eq!(platform.cli(&["claim", &link, "--name", "Nina"]).code, 0);
    let ran = platform.cli(&["members", "coffee", "requests"]);
    assert!(
        ran.code == 0 && ran.out.contains("Olga") && ran.out.contains("olga@example.org"),
        "{} {}",
        ran.out,
        ran.err
    );
    let ran = platform.cli(&["members", "coffee", "approve", "Olga"]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    assert_eq!(visit(&platform, &mut browser).await.status(), 200);
    let ran = platform.cli(&["members", "coffee", "deny", "Olga"]);
    assert_eq!(ran.code, 4, "{} {}", ran.out, ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_out_without_secrets_and_come_in_whole_or_not_at_all() {
    let platform = Platform::start(&Setup::default());
    assert_eq!(platform.cli_in(&platform.data(), &["claim", "--accept", "--name", "=HYPERLINK(\"x\")"]).code, 0);
    let folder = project(&platform, "coffee", &function("main", "/*", ""), None);
    assert_eq!(platform.cli_in(&folder, &["deploy"]).code, 0);
    let ada = another(&platform, "Ada").await;
    another(&platform, "Ned").await;

    let ran = platform.cli(&["people", "export"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 4), "{} {}", ran.out, ran.err);
    assert!(ran.out.contains("\"'=HYPERLINK(\"\"x\"\")\""), "a name is no formula: {}", ran.out);
    assert!(!ran.out.contains("sfp_") && !ran.out.contains("sha256") && !ran.out.contains("$argon2"), "{}", ran.out);
    let lines = platform.cli(&["people", "export", "--format", "jsonl"]).out;
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{lines}");

    let file = |text: &str| fs::write(folder.join("m.csv"), text).unwrap();
    let run = |more: &[&str]| platform.cli_in(&folder, &[&["members", "coffee", "import", "m.csv"], more].concat());
    let members = || json(&platform.cli(&["members", "coffee", "--json"]))["members"].as_array().unwrap().len();
    file(&format!("person,role\n{ada},member\nnobody,member\n"));
    let ran = run(&[]);
    assert!(ran.code == 1 && ran.err.contains("line 3: there is no person `nobody`"), "{} {}", ran.out, ran.err);
    assert_eq!(members(), 1, "Ada's line was right, and is not done either");
    file(&format!("person,role\n{ada},member\nNed,admin\n"));
    let ran = run(&["--dry-run"]);
    assert!(ran.code == 0 && ran.out.contains("2 would be added"), "{} {}", ran.out, ran.err);
    assert_eq!(members(), 1);
    assert_eq!(run(&[]).code, 0);
    assert_eq!(members(), 3);

    // What goes out comes in again and changes nothing.
    fs::write(folder.join("m.csv"), platform.cli(&["members", "coffee", "export"]).out).unwrap();
    let ran = run(&[]);
    assert!(
        ran.code == 0 && ran.out.contains("0 added, 0 changed, 3 are as they should be"),
        "{} {}",
        ran.out,
        ran.err
    );
}
