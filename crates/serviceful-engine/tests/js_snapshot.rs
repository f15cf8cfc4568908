//! From source to snapshot: the same bytes for the same source, and clear words for what cannot be one.
#![expect(clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::time::{Duration, Instant};

use harness::{NotCompiled, Worker, get, refused, sha256, snapshot, snapshot_within};
use types::CompileLimits;
use wire::compile::Failed;

const FETCH: &str = "export default { fetch() { return new Response(); } };";

#[tokio::test]
async fn the_same_source_gives_the_same_bytes() {
    let source = format!(
        "const m = new Map(Array.from({{ length: 200 }}, (_, i) => ['k' + i, {{ i, s: new Set([i]) }}])); const w = new WeakMap();
         const sorted = [...m.keys()].sort(); const e = new Error('x'); const r = /(a|b)+c/.exec('abac'); let p = Promise.resolve(1);
         {FETCH}"
    );
    let (one, two) = (snapshot(&source).await.unwrap().0, snapshot(&source).await.unwrap().0);
    assert_eq!(sha256(&one.bytes), sha256(&two.bytes));
    let other = snapshot(&format!("{source} ")).await.unwrap().0;
    assert_ne!(sha256(&one.bytes), sha256(&other.bytes));
}

#[tokio::test]
async fn a_small_function_is_small_and_quick() {
    harness::js_machine().await;
    let began = Instant::now();
    let artefact = snapshot(FETCH).await.unwrap().0;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(artefact.bytes.len() < 1_100 << 10, "{} bytes", artefact.bytes.len());
    assert_eq!(artefact.done.serves, "javascript");
    assert!(artefact.done.imports.is_empty());
    // The source itself is not in it: only what it became.
    let secret = "a-comment-that-nobody-needs";
    let artefact = snapshot(&format!("// {secret}\n{FETCH}")).await.unwrap().0;
    assert!(!artefact.bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
}

#[tokio::test]
async fn a_large_bundle_becomes_a_snapshot_within_a_second_of_cpu() {
    let mut source = String::from("const all = [];\n");
    while source.len() < 1 << 20 {
        let n = source.len();
        source.push_str(&format!("all.push(function f{n}(a, b) {{ if (a > b) {{ return a * {n}; }} const t = `x${{a}}`; return [t, b, {{ a, b }}]; }});\n"));
    }
    source.push_str("export default { fetch() { return new Response(String(all.length)); } };");
    let artefact = snapshot(&source).await.unwrap().0;
    assert!(artefact.done.compile_ms < 3_000, "{} ms", artefact.done.compile_ms);
    let worker = Worker::start().await;
    let component = worker.bring_js(&source).await;
    let answer = worker.call(&get(component, "/")).await;
    assert!(answer.text().parse::<usize>().unwrap() > 5_000, "{answer:?}");
}

#[tokio::test]
async fn syntax_errors_show_their_line_with_a_caret() {
    let reason = refused("const a = 1;\nconst b = ;\nexport default {};").await;
    let lines: Vec<_> = reason.lines().collect();
    assert!(lines[0].starts_with("SyntaxError: ") && lines[0].contains("main.js:2:11"), "{reason}");
    assert_eq!(lines[1], "2 | const b = ;");
    assert_eq!(lines[2], "  |           ^");
    // Those of regular expressions, too.
    let reason = refused("const a = 1;\nconst b = [1, /x(/u];").await;
    assert!(reason.contains("main.js:2:15") && reason.contains("  |               ^"), "{reason}");
    for source in [
        "export default {",
        "let x = 'open",
        "await;",
        "return 1;",
        "let a; let a;",
        "\u{0}",
        "import x from;",
        "const r = /[b-a]/;",
        "const r = /a/gg;",
    ] {
        let reason = refused(source).await;
        assert!(reason.contains("SyntaxError") && reason.contains("main.js:1:"), "{source}: {reason}");
    }
}

#[tokio::test]
async fn what_only_a_request_has_is_refused_with_its_line() {
    for (code, word) in [
        ("Date.now();", "the clock"),
        ("new Date();", "the clock"),
        ("Date();", "the clock"),
        ("performance.now();", "the clock"),
        ("Math.random();", "randomness"),
        ("crypto.randomUUID();", "randomness"),
        ("crypto.getRandomValues(new Uint8Array(1));", "randomness"),
        ("setTimeout(() => {}, 1);", "a timer"),
        ("AbortSignal.timeout(5);", "a timer"),
        ("try { fetch('http://a/').catch(() => {}); } catch {}", "an outgoing request"),
        ("try { Math.random(); } catch {}", "randomness"),
        ("await null; Date.now();", "the clock"),
    ] {
        let reason = refused(&format!("// first\nfunction inner() {{\n  return 1;\n}}\n{code}\n{FETCH}")).await;
        assert!(reason.starts_with(word) && reason.contains("main.js:5:") && reason.contains('^'), "{code}: {reason}");
    }
    // In the handler, and for a date that is given, all of it is fine.
    snapshot(&format!(
        "const d = new Date(0); const u = new URL('http://a/b'); const f = () => Math.random(); {FETCH}"
    ))
    .await
    .unwrap();
}

#[tokio::test]
async fn what_is_no_function_is_told_so() {
    for (source, word) in [
        ("", "no default export"),
        ("export const x = 1;", "no default export"),
        ("export const x = { f() {} };", "no default export"),
        ("export default {};", "no method `fetch`"),
        ("export default { fetch: 1 };", "no method `fetch`"),
        ("export default 5;", "is no object"),
        ("await new Promise(() => {}); export default { fetch() {} };", "never comes"),
        ("throw new RangeError('at start');", "RangeError: at start at main.js:1:"),
        ("Promise.reject(new Error('lost')); export default { fetch() {} };", "lost"),
        ("null.x; export default { fetch() {} };", "TypeError"),
        ("await WebAssembly.compile(new Uint8Array(8)); export default { fetch() {} };", "deploy a component"),
        ("const fs = require('fs'); export default { fetch() {} };", "use `import`"),
        ("import x from 'left-pad'; export default x;", "cannot import `left-pad`"),
        ("export default { fetch() {} }; (function f() { f(); })();", "RangeError"),
    ] {
        let reason = refused(source).await;
        assert!(reason.contains(word), "{source}: {reason}");
    }
}

#[tokio::test]
async fn evaluation_is_bounded_by_name() {
    let limits = CompileLimits { compile_cpu_s: 1, ..CompileLimits::default() };
    match snapshot_within("while (true) {}", limits).await {
        Err(NotCompiled::Failed(Failed::Limit { limit, reason })) => {
            assert_eq!(limit, "compile_cpu_s");
            assert!(reason.contains("main.js:1:"), "{reason}");
        }
        other => panic!("{:?}", other.map(|(artefact, _)| artefact.done)),
    }
    for (source, named) in [
        ("const a = new Uint8Array(40 << 20).fill(1); globalThis.a = a;", "snapshot_bytes"),
        ("const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1));", ""),
    ] {
        match snapshot(&format!("{source} {FETCH}")).await {
            Err(NotCompiled::Failed(Failed::Limit { limit, .. })) => assert_eq!(limit, named),
            Err(NotCompiled::Failed(Failed::Source { reason })) => {
                assert!(named.is_empty() && reason.contains("allocation failed"), "{reason}");
            }
            other => panic!("{:?}", other.map(|(artefact, _)| artefact.done)),
        }
    }
    let limits = CompileLimits { component_kib: 1, ..CompileLimits::default() };
    match snapshot_within(&format!("{}{FETCH}", " ".repeat(2_000)), limits).await {
        Err(NotCompiled::Failed(Failed::Limit { limit, .. })) => assert_eq!(limit, "component_kib"),
        other => panic!("{:?}", other.map(|(artefact, _)| artefact.done)),
    }
}

#[tokio::test]
async fn the_console_at_the_top_level_goes_to_the_one_who_deploys() {
    let (_, output) =
        snapshot(&format!("console.log('set up', [1, 2]); console.error('\\u001b[31m two\\nlines'); {FETCH}"))
            .await
            .unwrap();
    assert_eq!(output, ["set up [ 1, 2 ]", "\\u{1b}[31m two", "lines"]);
    let (_, output) = snapshot(&format!("for (let i = 0; i < 10000; i++) console.log(i); {FETCH}")).await.unwrap();
    assert_eq!(output.len(), 200);
}

#[tokio::test]
async fn the_process_is_closed_and_takes_no_foreign_engine() {
    let (key, machine) = (harness::Key::fresh(), harness::js_machine().await);
    for change in 0..3 {
        let (_process, mut channel) = harness::spawn("snapshot");
        let report = channel.receiver.next().await.unwrap();
        let report: wire::compile::Report = report.message().unwrap();
        assert!(report.posture.contains("\"seccomp\":true"), "{}", report.posture);
        let (mut engine, mut bytes, mut artefact_key) = (key.seal(machine), machine.bytes.clone(), key.public());
        match change {
            0 => bytes[5_000] ^= 1,
            1 => artefact_key = harness::Key::fresh().public(),
            _ => engine.statement.component = sha256(b"another"),
        }
        let job = wire::compile::Snapshot {
            source: sha256(FETCH.as_bytes()),
            limits: CompileLimits::default(),
            engine,
            artefact_key,
        };
        let mut frame = wire::Frame::new(wire::compile::kind::SNAPSHOT, 1, wire::encode(&job).unwrap());
        frame.fds.push(harness::nameless(FETCH.as_bytes()));
        frame.fds.push(harness::nameless(&bytes));
        channel.sender.send(vec![frame]).unwrap();
        loop {
            let frame = channel.receiver.next().await.unwrap();
            if frame.kind == wire::compile::kind::FAILED {
                assert!(matches!(frame.message().unwrap(), Failed::Internal { .. }));
                break;
            }
            assert_eq!(frame.kind, wire::compile::kind::PROGRESS);
        }
    }
}

#[tokio::test]
async fn exports_that_can_answer_are_told() {
    let made = async |source: &str| snapshot(source).await.unwrap().0.done.handlers;
    assert_eq!(made(FETCH).await, ["default"]);
    let source =
        "export const n = 1; export function list() {} export const api = { fetch() {} }; export default () => {};
        export { n as 'a b' }; export class Menu {}";
    let mut found = made(source).await;
    found.sort();
    assert_eq!(found, ["Menu", "api", "default", "list"]);
    // What waits for other events is told apart, and is enough for a module to be one.
    let source = "export default { fetch() {}, async scheduled() {}, queue() {} }; export const api = { queue() {} };";
    let mut found = made(source).await;
    found.sort();
    assert_eq!(found, ["api.queue", "default", "default.queue", "default.scheduled"]);
    assert_eq!(made("export default { async scheduled() {} };").await, ["default.scheduled"]);
    // Without a default export, what is named can still be chosen.
    assert_eq!(made("export async function list() { return new Response('x'); }").await, ["list"]);
}

/// `mappings` of a module whose second line is `line` and everything else `src/other.ts:1`.
fn mapped(code: &str, mappings: &str) -> String {
    let map = format!(
        r#"{{"version":3,"sources":["src/menu.ts","node_modules/x/y.js"],"names":[],"mappings":"{mappings}"}}"#
    );
    format!(
        "{code}\n//# sourceMappingURL=data:application/json;base64,{}\n",
        data_encoding::BASE64.encode(map.as_bytes())
    )
}

#[tokio::test]
async fn places_are_those_of_the_users_files() {
    // The second line is the 41st of src/menu.ts.
    let reason = refused(&mapped("const a = 1;\nnull.x;", "AAAA;AAwCA")).await;
    assert!(reason.contains(" at src/menu.ts:41:") && reason.contains("\n41 | null.x;\n"), "{reason}");
    let reason = refused(&mapped("const a = 1;\nMath.random();", "AAAA;AAwCA")).await;
    assert!(reason.starts_with("randomness") && reason.contains("src/menu.ts:41:"), "{reason}");
    // Text that is no map changes nothing but the names.
    let broken = "null.x;\n//# sourceMappingURL=data:application/json;base64,!!!!";
    assert!(refused(broken).await.contains("main.js:1:"));
    // The map is not in the memory that each request starts from.
    let source = mapped(FETCH, &"AAAA;".repeat(200_000));
    let (with, without) = (snapshot(&source).await.unwrap().0, snapshot(FETCH).await.unwrap().0);
    assert!(with.bytes.len() < without.bytes.len() + 4_096, "{} {}", with.bytes.len(), without.bytes.len());
}
