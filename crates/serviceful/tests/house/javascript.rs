//! Functions in JavaScript and TypeScript, from the source in a folder to the answer, with the hand tool.
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;

use crate::platform::{Platform, Ran, Setup, programs};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// A project with these files beside its manifest.
pub(crate) fn project(platform: &Platform, name: &str, manifest: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = platform.data().join(format!("project-{name}"));
    fs::create_dir_all(&folder).unwrap();
    let manifest = format!("name = \"{name}\"\n{manifest}");
    for (path, text) in files.iter().chain([&("serviceful.toml", manifest.as_str())]) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

pub(crate) fn deploy(platform: &Platform, folder: &Path) -> Ran {
    let ran = platform.cli_in(folder, &["deploy", "--yes"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    ran
}

/// A platform that the hand tool is an owner of, too.
pub(crate) async fn platform(setup: &Setup) -> Platform {
    let platform = Platform::claimed(setup).await;
    let ran = platform.cli_in(&platform.data(), &["claim", "--accept", "--again", "--name", "Nina"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    platform
}

pub(crate) fn call_token(platform: &Platform, app: &str) -> String {
    platform.cli(&["token", "create", app, "--quiet"]).out.trim().to_owned()
}

/// Lines of an app's log that hold `word`, waited for.
async fn logged(platform: &Platform, app: &str, word: &str) -> String {
    for _ in 0..100 {
        let ran = platform.cli(&["logs", app]);
        if let Some(line) = ran.out.lines().find(|line| line.contains(word)) {
            return line.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing in the log of `{app}` says `{word}`: {}", platform.cli(&["logs", app]).out);
}

#[tokio::test(flavor = "multi_thread")]
async fn bobs_six_lines_are_locked_and_then_tell_what_happens() {
    let platform = platform(&Setup::default()).await;
    let source = fs::read_to_string(example("bob").join("bob.js")).unwrap();
    let lines: Vec<_> = source.lines().map(str::trim).skip_while(|line| *line != "var bob = new Person();").collect();
    assert_eq!(
        lines[..6],
        [
            "var bob = new Person();",
            "bob.sayHello();",
            "bob.wave();",
            "var cup = new Coffee();",
            "bob.drink(cup);",
            "var cupTwo = new Coffee();"
        ]
    );
    let ran = deploy(&platform, &example("bob"));
    assert!(ran.out.contains("bob.js (") && ran.out.contains("serves javascript as default"), "{}", ran.out);
    assert_eq!(platform.app("bob", "GET", "/", None, "").await.status, 401);
    let token = call_token(&platform, "bob");
    let story = "Bob says: hello!\nBob waves.\nA cup of coffee is made.\nBob drinks it. Good coffee.\nA cup of coffee is made.\n";
    for _ in 0..3 {
        // A story that were kept from one request to the next would grow.
        assert_eq!(platform.app("bob", "GET", "/", Some(&token), "").await.text(), story);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_answers() {
    let platform = platform(&Setup::default()).await;
    for name in ["hello-js", "hello-ts", "page", "stream"] {
        deploy(&platform, &example(name));
    }
    let token = call_token(&platform, "hello-js");
    let answer = platform.app("hello-js", "GET", "/", Some(&token), "").await.text();
    assert!(answer.starts_with("Hello, ") && answer.len() > 9, "{answer}");
    let line = logged(&platform, "hello-js", "greeting user").await;
    assert!(line.contains("hello.js:"), "the line says where it was written: {line}");
    let token = call_token(&platform, "hello-ts");
    let shouted = platform.app("hello-ts", "GET", "/?shout", Some(&token), "").await.text();
    assert!(shouted.starts_with("HELLO, "), "{shouted}");
    // What its rules say of the caller.
    for (order, status) in [("7", 200), ("1", 403)] {
        let answer = platform.app("hello-ts", "GET", &format!("/?cancel={order}"), Some(&token), "").await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }

    let page = platform.app("page", "GET", "/", None, "").await;
    assert!(page.text().contains("<li>Espresso <b>2.20</b></li>"), "{}", page.text());
    // Rendered for each request, with what it asks for and nothing that it could inject.
    let found = platform.app("page", "GET", "/?q=ESPR%22%3E%3Cb%3E", None, "").await.text();
    assert!(found.contains("value=\"ESPR&#34;&#62;&#60;b&#62;\"") && found.contains("Nothing like that"), "{found}");
    let found = platform.app("page", "GET", "/?q=espr", None, "").await.text();
    assert!(found.contains("<li>Espresso") && found.matches("<li>").count() == 1, "{found}");
    let style = platform.app("page", "GET", "/style.css", None, "").await;
    assert_eq!((style.status.as_u16(), style.headers["content-type"].to_str().unwrap()), (200, "text/css"));
    assert!(style.text().contains("color-scheme"), "the named export answers");

    let token = call_token(&platform, "stream");
    let events = platform.app("stream", "GET", "/?from=2", Some(&token), "").await;
    assert_eq!(events.text(), "data: 2\n\ndata: 1\n\ndata: lift-off\n\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_with_their_place_in_the_users_files() {
    let platform = platform(&Setup::default()).await;
    let function =
        "[[function]]\nname = \"f\"\nroute = \"/*\"\nsource = \"src/f.ts\"\naccess = \"public\"\nreason = \"a test\"\n";
    let failing = |name: &str, files: &[(&str, &str)], says: &[&str]| {
        let ran = platform.cli_in(&project(&platform, name, function, files), &["deploy", "--yes"]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.out);
        for word in says {
            assert!(ran.err.contains(word), "{name} should say `{word}`: {}", ran.err);
        }
    };
    failing(
        "syntax",
        &[("src/f.ts", "const ok: number = 1;\nconst bad: number = ;\nexport default {};\n")],
        &["src/f.ts:2:", "^"],
    );
    failing(
        "missing",
        &[("src/f.ts", "import { x } from './gone';\nexport default { fetch: () => x };\n")],
        &["./gone", "src/f.ts"],
    );
    failing(
        "top",
        &[
            ("src/f.ts", "import { start } from './lib/start';\nstart();\nexport default { fetch() {} };\n"),
            (
                "src/lib/start.ts",
                "interface A { b: number }\n\n\nexport function start(): A {\n  throw new Error('no start');\n}\n",
            ),
        ],
        &["no start", "src/lib/start.ts:5:"],
    );
    failing(
        "early",
        &[(
            "src/f.ts",
            "type A = 1;\nconst id = crypto.randomUUID();\nexport default { fetch: () => new Response(id) };\n",
        )],
        &["randomness", "src/f.ts:2:"],
    );
    let folder = project(
        &platform,
        "lost",
        &function.replace("access", "handler = \"gone\"\naccess"),
        &[("src/f.ts", "export function here() {}\n")],
    );
    let ran = platform.cli_in(&folder, &["deploy", "--yes"]);
    assert!(
        ran.code == 1 && ran.err.contains("exports no function `gone`") && ran.err.contains("`here`"),
        "{}",
        ran.err
    );

    // A mistake in a type alone stops nothing, and what is thrown in a request names the file it was written in.
    let files = [
        (
            "src/f.ts",
            "import { menu } from './menu';\nconst n: number = 'not a number';\nexport default { fetch: (r: Request) => new Response(menu(r.url)) };\n",
        ),
        (
            "src/menu.ts",
            "interface Dish { name: string }\n\nexport function menu(url: string): string {\n  const dishes: Dish[] = [];\n  if (dishes.length === 0) throw new Error('no dishes for ' + url);\n  return dishes[0].name;\n}\n",
        ),
    ];
    deploy(&platform, &project(&platform, "thrown", function, &files));
    let answer = platform.app("thrown", "GET", "/", None, "").await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert!(!answer.text().contains("menu.ts"), "a stranger learns nothing of it: {}", answer.text());
    let line = logged(&platform, "thrown", "src/menu.ts:5:").await;
    assert!(!line.contains("main.js"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_engine_makes_every_function_anew_from_its_source() {
    // The same programs, with a JavaScript engine that differs in a part that says nothing: an empty section of its own.
    let patched = tempfile::tempdir().unwrap();
    for name in ["serviceful", "serviceful-engine", "serviceful-bundle"] {
        fs::copy(programs().join(name), patched.path().join(name)).unwrap();
    }
    let engine = patched.path().join("js-engine.wasm");
    let bytes = fs::read(programs().join("js-engine.wasm")).unwrap();
    fs::write(&engine, &bytes).unwrap();
    let setup = Setup { programs: Some(patched.path().to_owned()), ..Setup::default() };
    let mut platform = platform(&setup).await;
    let function =
        "[[function]]\nname = \"f\"\nroute = \"/\"\nsource = \"f.js\"\naccess = \"public\"\nreason = \"a test\"\n";
    for n in 0..3 {
        let source = format!("let n = {n}; export default {{ fetch: () => new Response('n is ' + n++) }};");
        let folder = project(&platform, &format!("app{n}"), function, &[("f.js", &source)]);
        let ran = platform.cli_in(&folder, &["deploy", "--yes"]);
        assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    }
    let build = |platform: &Platform| platform.cli(&["posture", "--json"]).out;
    let (before, uploads) = (build(&platform), platform.audit("action=component-upload&limit=50").await);
    fs::write(&engine, [&bytes[..], &[0, 2, 1, b'x']].concat()).unwrap();
    platform.stop();
    platform.restart();
    assert_ne!(build(&platform), before);
    let mut events = Vec::new();
    // The engine is compiled first, at a low priority.
    for _ in 0..1_200 {
        events = platform.audit("kind=engine&action=prepared-again&limit=5").await;
        if !events.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let event = events.first().expect("an event says that they were made anew").to_string();
    assert!(event.contains("the code of 3 functions"), "{event}");
    for n in 0..3 {
        assert_eq!(platform.app(&format!("app{n}"), "GET", "/", None, "").await.text(), format!("n is {n}"));
    }
    let after = platform.audit("action=component-upload&limit=50").await;
    assert_eq!(after.len(), uploads.len(), "nobody uploaded anything again");

    // A file that is no engine: no function answers, and whoever looks is told.
    fs::write(&engine, "no engine\n\u{1b}[2J").unwrap();
    platform.stop();
    platform.restart();
    let failed = |events: &[serde_json::Value]| {
        events.iter().map(ToString::to_string).find(|event| event.contains("no WebAssembly module"))
    };
    let mut told = None;
    for _ in 0..1_200 {
        told = failed(&platform.audit("kind=engine&action=prepared-again&limit=5").await);
        if told.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let event = told.expect("an event says that they could not be made");
    assert!(event.contains("failed") && event.contains("RUN-007"), "{event}");
    assert_eq!(platform.app("app0", "GET", "/", None, "").await.status, 503);
    let posture = platform.cli(&["posture"]);
    assert_eq!(posture.code, 1, "{}", posture.out);
    assert!(
        posture.out.contains("JavaScript engine") && posture.out.contains("no WebAssembly module"),
        "{}",
        posture.out
    );
    fs::write(&engine, &bytes).unwrap();
    platform.stop();
    platform.restart();
    assert_eq!(platform.app("app0", "GET", "/", None, "").await.text(), "n is 0", "it is mended without a deployment");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_as_a_source_is_watched_like_everything_else() {
    let platform = platform(&Setup::default()).await;
    let function =
        "[[function]]\nname = \"f\"\nroute = \"/*\"\nsource = \"f.js\"\naccess = \"public\"\nreason = \"a test\"\n";
    let source = "export default { async fetch(request, env, ctx) {
        const way = new URL(request.url).pathname.slice(1);
        if (way === 'loop') for (;;) {}
        if (way === 'never') await new Promise(() => {});
        if (way === 'late') ctx.waitUntil((async () => { await null; throw new Error('after all'); })());
        if (way === 'deep') (function f() { return 1 + f(); })();
        if (way === 'big') return new Response('x'.repeat(1 << 30));
        if (way === 'regex') /^(a+)+$/.test('a'.repeat(40) + 'b');
        if (way === 'out') return await fetch('http://10.0.0.1/');
        return new Response('fine');
    } };";
    deploy(&platform, &project(&platform, "wild", function, &[("f.js", source)]));
    let get = |way: &'static str| platform.app("wild", "GET", way, None, Bytes::new());
    for way in ["/loop", "/never", "/deep", "/big", "/regex", "/out"] {
        let (answer, beside) = tokio::join!(get(way), get("/"));
        assert!(answer.status.is_server_error(), "{way}: {} {}", answer.status, answer.text());
        assert_eq!(beside.text(), "fine", "beside {way}");
    }
    assert_eq!(get("/late").await.text(), "fine");
    let line = logged(&platform, "wild", "after all").await;
    assert!(line.contains("stderr"), "{line}");
    for word in ["cpu_ms", "never settles", "f.js:6:"] {
        logged(&platform, "wild", word).await;
    }
    let denied = platform.audit("kind=security&action=hatch-denied&limit=10").await;
    assert!(denied.iter().any(|event| event.to_string().contains("10.0.0.1")), "{denied:?}");
    // A header that looks like an identity does not reach a script either.
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-user", "root".parse().unwrap());
    let answer = platform.send("wild.localhost", "GET", "/", headers, Bytes::new()).await.unwrap();
    assert_eq!(answer.status, 400);
}

/// A copy of an example, to install and write into.
fn copied(platform: &Platform, name: &str, to: &str) -> PathBuf {
    let folder = platform.data().join(to);
    let done = std::process::Command::new("cp").arg("-r").arg(example(name)).arg(&folder).status().unwrap();
    assert!(done.success());
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interface_with_packages_from_npm_answers() {
    let platform = platform(&Setup::default()).await;
    let folder = copied(&platform, "orders", "with-packages");
    let ran = platform.cli_in(&folder, &["check"]);
    assert!(ran.code == 1 && ran.err.contains("npm install"), "{}", ran.err);
    // Installed once, by the same script that installs them for the table of packages.
    let installed = std::env::var_os("SERVICEFUL_JS_PACKAGES")
        .map_or_else(|| programs().parent().unwrap().join("js-packages"), PathBuf::from);
    for package in ["hono", "zod"] {
        let from = installed.join("node_modules").join(package);
        assert!(from.exists(), "{} is missing; run `make js-packages`", from.display());
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        let to = folder.join("node_modules").join(package);
        assert!(std::process::Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
    }
    deploy(&platform, &folder);
    let token = call_token(&platform, "orders");
    let ask = |method: &'static str, path: &'static str, body: &'static str| {
        let (platform, token) = (&platform, &token);
        async move { platform.app("orders", method, path, Some(token), body).await }
    };
    assert_eq!(ask("GET", "/drinks/tea", "").await.text(), r#"{"drink":"tea","price":2.5}"#);
    assert_eq!(ask("GET", "/drinks/beer", "").await.status, 404);
    let made = ask("POST", "/orders", r#"{"drink":"espresso","cups":3}"#).await;
    assert_eq!((made.status.as_u16(), made.text().as_str()), (201, r#"{"drink":"espresso","cups":3,"total":6.6}"#));
    let refused = ask("POST", "/orders", r#"{"drink":"espresso","cups":99}"#).await;
    assert!(refused.status == 422 && refused.text().contains("cups"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_believes_who_signs() {
    let platform = platform(&Setup::default()).await;
    deploy(&platform, &example("webhook"));
    let file = platform.data().join("webhook-key");
    fs::write(&file, "a key for trying it out").unwrap();
    let ran = platform.cli(&["secrets", "set", "webhook", "WEBHOOK_KEY", "--file", file.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"a key for trying it out");
    let body = br#"{"type":"paid"}"#;
    let signed = aws_lc_rs::hmac::sign(&key, body);
    let hex: String = signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let send = async |signature: &str, body: &'static [u8]| {
        let mut headers = HeaderMap::new();
        headers.insert("x-signature-256", signature.parse().unwrap());
        platform.send("webhook.localhost", "POST", "/hook", headers, Bytes::from_static(body)).await.unwrap()
    };
    let answer = send(&format!("sha256={hex}"), body).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, r#"{"received":"paid"}"#));
    for wrong in [format!("sha256={}", hex.replace(&hex[..1], "0")), hex.clone(), "sha256=".to_owned()] {
        assert_eq!(send(&wrong, br#"{"type":"paid!"}"#).await.status, 401, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apps_own_tests_run_in_its_engine() {
    let platform = platform(&Setup::default()).await;
    for name in ["hello-js", "hello-ts", "webhook", "guestbook"] {
        let ran = platform.cli_in(&copied(&platform, name, name), &["test"]);
        assert!(ran.code == 0 && ran.out.contains("0 failed"), "{name}: {}\n{}", ran.out, ran.err);
    }
    // What a run left in the key-value store is gone in the next.
    let ran = platform.cli_in(&platform.data().join("guestbook"), &["test"]);
    assert!(ran.code == 0 && ran.out.contains("0 failed"), "{}\n{}", ran.out, ran.err);
    let folder = copied(&platform, "hello-js", "with-more-tests");
    let tests = "import assert from 'node:assert';\nimport { test, describe } from 'node:test';\nlet shared = 0;\n\
        test('first', () => { shared += 1; assert.equal(shared, 1); });\n\
        test('second', () => { shared += 1; assert.equal(shared, 1, 'an engine of its own'); });\n\
        describe('group', () => {\n  test('wrong', () => {\n    assert.equal(1 + 1, 3);\n  });\n  test.skip('later', () => {});\n});\n\
        test('endless', () => { for (;;) {} });\n\
        test('denied', async () => { await assert.rejects(fetch('http://10.0.0.1/')); });\n\
        test('late', { timeout: 10 }, () => new Promise((done) => setTimeout(done, 200)));\n\
        test('in time', { timeout: 5000 }, async () => { console.log('it passed and says so'); });\n";
    fs::write(folder.join("more.test.ts"), tests).unwrap();
    let ran = platform.cli_in(&folder, &["test", "--only", "more.test"]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.out, ran.err);
    for says in [
        "ok   more.test.ts: first",
        "ok   more.test.ts: second",
        "FAIL more.test.ts: group > wrong",
        "more.test.ts:8:",
        "skip more.test.ts: group > later",
        "FAIL more.test.ts: endless",
        "cpu_ms",
        "ok   more.test.ts: denied",
        "FAIL more.test.ts: late",
        "its timeout of 10 ms",
        "ok   more.test.ts: in time",
        "       it passed and says so",
        "4 passed, 3 failed, 1 skipped",
    ] {
        assert!(ran.out.contains(says), "`{says}`: {}\n{}", ran.out, ran.err);
    }
    // What cannot be loaded fails alone.
    fs::write(folder.join("syntax.test.ts"), "const = 1;\n").unwrap();
    fs::write(folder.join("throws.test.ts"), "throw new Error('at the top');\n").unwrap();
    let ran = platform.cli_in(&folder, &["test"]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.out, ran.err);
    for says in [
        "ok   more.test.ts: first",
        "FAIL syntax.test.ts: it cannot be loaded",
        "syntax.test.ts:1:7",
        "FAIL throws.test.ts: it cannot be loaded",
        "throws.test.ts:1:",
    ] {
        assert!(ran.out.contains(says), "`{says}`: {}\n{}", ran.out, ran.err);
    }
    let all = format!("{}{}", ran.out, ran.err);
    assert!(!all.contains("deploy again") && !all.contains("WARN"), "{all}");
    for broken in ["syntax.test.ts", "throws.test.ts"] {
        fs::remove_file(folder.join(broken)).unwrap();
    }
    let ran = platform.cli_in(&folder, &["test", "--json", "--only", "first"]);
    let outcomes: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((outcomes[0]["result"].as_str(), outcomes.as_array().unwrap().len()), (Some("passed"), 1), "{outcomes}");
    let empty = project(
        &platform,
        "empty",
        "[[function]]\nroute = \"/\"\nsource = \"a.js\"\n",
        &[("a.js", "export default {};")],
    );
    let ran = platform.cli_in(&empty, &["test"]);
    assert!(ran.code == 1 && ran.err.contains("*.test.ts"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_of_other_events_are_kept_and_said_to_wait() {
    let platform = platform(&Setup::default()).await;
    let manifest =
        "[[function]]\nroute = \"/\"\nsource = \"a.js\"\n[[function]]\nroute = \"/night\"\nsource = \"night.js\"\n";
    let both = "export default { async fetch() { return new Response('here'); }, async scheduled() {}, queue() {} };";
    let night = "export default { async scheduled(event, env, ctx) {} };";
    let folder = project(&platform, "shop", manifest, &[("a.js", both), ("night.js", night)]);
    let ran = deploy(&platform, &folder);
    for said in [
        "a.js: `default.scheduled` and `default.queue` answer once triggers exist",
        "night.js: `default.scheduled` answers once triggers exist; it has no `fetch`, so requests to it are refused",
    ] {
        assert!(ran.err.contains(said), "{} {}", ran.out, ran.err);
    }
    let token = call_token(&platform, "shop");
    assert_eq!(platform.app("shop", "GET", "/", Some(&token), "").await.text(), "here");
    let refused = platform.app("shop", "GET", "/night", Some(&token), "").await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (502, Some("RUN-010")));
    let line = logged(&platform, "shop", "has no method fetch").await;
    assert!(line.contains("once triggers exist"), "{line}");
    let ran = platform.cli_in(&folder, &["deploy", "--yes", "--json"]);
    let view: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{} {}", ran.out, ran.err));
    let waits: Vec<_> =
        view["components"].as_array().unwrap().iter().map(|c| &c["inspected"]["awaiting_triggers"]).collect();
    assert!(waits.contains(&&serde_json::json!(["default.scheduled"])), "{view}");
}
