//! Functions written in JavaScript: from source to answer, through the real processes.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::time::Duration;

use harness::{Answer, Worker, get};
use types::{Assurance, Caller, CredentialId, Demand, Person, PrincipalId, Service, UnixMillis};
use wire::work::{CREDIT_BYTES, Failure, Invoke, LogStream};

#[tokio::test]
async fn hello_answers() {
    let worker = Worker::start().await;
    let component = worker.bring_js("export default { fetch() { return new Response('Hello, world.\\n'); } };").await;
    for _ in 0..3 {
        let answer = worker.call(&get(component, "/")).await;
        assert_eq!(answer.failure, None, "{answer:?}");
        assert_eq!((answer.status(), answer.text().as_str()), (200, "Hello, world.\n"));
        assert_eq!(answer.field("content-type").as_deref(), Some("text/plain;charset=UTF-8"));
        assert!(answer.ended.unwrap().memory_bytes >= 1 << 20);
    }
}

#[tokio::test]
async fn the_webs_interfaces_behave() {
    let worker = Worker::start().await;
    let component = worker.bring_js(include_str!("js/web.js")).await;
    let mut request = get(component, "/path?x=1");
    request.limits.cpu_ms = 5_000;
    let answer = worker.call(&request).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert!(answer.text().starts_with("all "), "{}", answer.text());
    assert!(answer.denied.iter().any(|denied| denied.hatch == "outgoing-http" && denied.wanted.contains("10.0.0.1")));
}

#[tokio::test]
async fn every_entry_of_the_minimum_common_api_holds() {
    /// Where a reader finds what there is and what not.
    const PAGE: &str = include_str!("../../../docs/reference/javascript.md");
    /// The names that ECMA-429 asks for, first edition: 53 interfaces, then 25 of the global object.
    const STANDARD: &str = include_str!("js/wintertc.txt");
    #[derive(serde::Deserialize)]
    struct Found {
        holds: Vec<String>,
        failed: Vec<String>,
        absent: Vec<String>,
        others: Vec<String>,
    }
    let worker = Worker::start().await;
    let component = worker.bring_js(include_str!("js/wintertc.js")).await;
    let mut request = get(component, "/");
    request.limits.cpu_ms = 10_000;
    let answer = worker.call(&request).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    let found: Found = serde_json::from_str(&answer.text()).unwrap();
    assert!(found.failed.is_empty(), "{}", found.failed.join("\n"));
    assert!(found.holds.len() >= 60, "{}", found.holds.len());
    for name in found.holds.iter().chain(&found.absent).chain(&found.others) {
        // If you are here because you added an entry: the table of the page names each.
        assert!(PAGE.contains(&format!("`{name}`")), "docs/reference/javascript.md does not name `{name}`");
    }
    assert_eq!(STANDARD.lines().count(), 53 + 25);
    for name in STANDARD.lines() {
        let has = |list: &[String], name: &str| list.iter().any(|known| known == name);
        let absent = name.split_once('.').is_some_and(|(root, _)| has(&found.absent, root));
        // Those of cryptography are tried by js_crypto.rs.
        assert!(absent || has(&found.holds, name) || has(&found.others, name), "nothing tries `{name}`");
        assert!(PAGE.contains(&format!("`{name}`")), "docs/reference/javascript.md does not name `{name}`");
    }
}

#[tokio::test]
async fn nodes_modules_behave() {
    let worker = Worker::start().await;
    let component = worker.bring_js(include_str!("js/node.js")).await;
    let mut request = get(component, "/");
    request.limits.cpu_ms = 10_000;
    request.grants.config.insert("greeting".into(), "hello".into());
    let answer = worker.call(&request).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert!(answer.text().starts_with("all "), "{}", answer.text());
}

#[tokio::test]
async fn lines_of_the_console_tell_where_they_were_written() {
    let worker = Worker::start().await;
    let source = "const say = (text) => console.log(text);
export default { fetch() {
  say('one'); console.error('two\\nlines'); return new Response();
} };";
    let component = worker.bring_js(source).await;
    let answer = worker.call(&get(component, "/")).await;
    let lines: Vec<_> = answer.logs.iter().map(|log| (log.text.as_str(), log.place.clone().unwrap())).collect();
    let place = |line: &str| line.to_owned();
    assert_eq!(lines[0], ("one", place("main.js:1:30")));
    assert_eq!(lines[1].0, "two");
    assert!(lines[1].1.starts_with("main.js:3:") && lines[1].1 == lines[2].1, "{lines:?}");
}

#[tokio::test]
async fn every_shape_of_handler_answers() {
    let worker = Worker::start().await;
    for source in [
        "export default { fetch: () => new Response('yes') };",
        "export default { async fetch() { await null; return new Response('yes'); } };",
        "export default (request) => new Response('yes');",
        "class App { #word = 'yes'; fetch() { return new Response(this.#word); } } export default new App();",
        "const app = { fetch() { return Promise.resolve(new Response('yes')); } }; export { app as default };",
        "const word = await Promise.resolve('yes'); export default { fetch() { return new Response(word); } };",
    ] {
        let component = worker.bring_js(source).await;
        let answer = worker.call(&get(component, "/")).await;
        assert_eq!(answer.failure, None, "{source}");
        assert_eq!(answer.text(), "yes", "{source}");
    }
}

#[tokio::test]
async fn the_request_reaches_the_function_and_the_response_the_front() {
    let worker = Worker::start().await;
    let source = "export default { async fetch(request, env) {
        const headers = new Headers([['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['x-own', 'yes'], ['connection', 'close'], ['sf-user', 'root']]);
        return new Response(JSON.stringify([request.method, request.url, [...request.headers], await request.text(), env]), { status: 418, headers });
    } };";
    let component = worker.bring_js(source).await;
    let mut request = get(component, "/a/b?x=%20&y");
    request.method = "PATCH".into();
    request.scheme = "https".into();
    request.has_body = true;
    request.grants.config.insert("greeting".into(), "h\u{e4}llo \"you\"".into());
    for (name, value) in [("x-twice", "one"), ("x-twice", "two"), ("sf-user", "root"), ("connection", "close")] {
        request.fields.0.push((name.into(), value.as_bytes().to_vec()));
    }
    request.fields.0.push(("x-raw".into(), vec![0xe4, 0xff]));
    let exchange = worker.invoke(&request);
    exchange.body("k\u{e4}".as_bytes());
    tokio::time::sleep(Duration::from_millis(20)).await;
    exchange.body(b"se");
    exchange.end(&[("x-trailer", "1")]);
    let answer = exchange.finish().await;
    assert_eq!(answer.failure, None, "{answer:?}");
    assert_eq!(answer.status(), 418);
    let seen: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(seen[0], "PATCH");
    assert_eq!(seen[1], "https://coffee.localhost:8080/a/b?x=%20&y");
    let fields = seen[2].as_array().unwrap();
    let field = |name: &str| fields.iter().find(|f| f[0] == name).map(|f| f[1].as_str().unwrap().to_owned());
    assert_eq!(field("x-twice").as_deref(), Some("one, two"));
    assert_eq!(field("x-raw").as_deref(), Some("\u{e4}\u{ff}"));
    assert_eq!((field("sf-user"), field("connection")), (None, None));
    assert_eq!(seen[3], "k\u{e4}se");
    assert_eq!(seen[4]["greeting"], "h\u{e4}llo \"you\"");
    let cookies: Vec<_> = answer
        .head
        .as_ref()
        .unwrap()
        .fields
        .0
        .iter()
        .filter(|(n, _)| n == "set-cookie")
        .map(|(_, v)| v.clone())
        .collect();
    assert_eq!(cookies, [b"a=1".to_vec(), b"b=2".to_vec()]);
    assert_eq!(answer.field("x-own").as_deref(), Some("yes"));
    assert_eq!((answer.field("connection"), answer.field("sf-user")), (None, None));
}

/// Sends a body as credit allows, and gives back the echo.
async fn echo(worker: &Worker, component: types::Digest, total: usize) -> Answer {
    let mut request = get(component, "/echo");
    request.method = "POST".into();
    request.has_body = true;
    request.limits.request_kib = 65_536;
    request.limits.cpu_ms = 10_000;
    let mut exchange = worker.invoke(&request);
    exchange.credit = CREDIT_BYTES.into();
    let (mut sent, mut ended, mut answer) = (0_usize, false, Answer::default());
    loop {
        while sent < total && exchange.credit > 0 {
            let length = (total - sent).min(32 << 10).min(exchange.credit as usize);
            let piece: Vec<u8> = (sent..sent + length).map(|at| (at % 251) as u8).collect();
            exchange.body(&piece);
            exchange.credit -= length as u64;
            sent += length;
        }
        if sent == total && !ended {
            exchange.end(&[]);
            ended = true;
        }
        if !exchange.step(&mut answer).await {
            return answer;
        }
    }
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    let worker = Worker::start().await;
    let streamed = worker.bring_js("export default { fetch(request) { return new Response(request.body); } };").await;
    let whole =
        worker.bring_js("export default { async fetch(r) { return new Response(await r.arrayBuffer()); } };").await;
    for component in [streamed, whole] {
        for total in [0, 1, 65_536, 3 << 20] {
            let answer = echo(&worker, component, total).await;
            assert_eq!(answer.failure, None, "{total}");
            assert_eq!(answer.body.len(), total);
            assert!(answer.body.iter().enumerate().all(|(at, byte)| *byte == (at % 251) as u8), "{total}");
            assert!(answer.trailers.is_some());
        }
    }
}

#[tokio::test]
async fn a_generator_streams_and_waits_for_credit() {
    let worker = Worker::start().await;
    let source = "export default { fetch() { return new Response((async function* () {
        for (let i = 0; i < 200; i++) { yield 'x'.repeat(10000); }
        yield new Uint8Array([33]);
    })()); } };";
    let component = worker.bring_js(source).await;
    let mut request = get(component, "/");
    request.limits.cpu_ms = 5_000;
    let mut exchange = worker.invoke(&request);
    exchange.automatic = false;
    let mut answer = Answer::default();
    while answer.body.len() < CREDIT_BYTES as usize {
        assert!(exchange.step(&mut answer).await);
    }
    // Nothing more comes without credit.
    assert!(exchange.next_within(Duration::from_millis(150)).await.is_none());
    assert_eq!(answer.body.len(), CREDIT_BYTES as usize);
    exchange.give(8 << 20);
    while exchange.step(&mut answer).await {}
    assert_eq!((answer.failure, answer.body.len(), answer.body.last()), (None, 2_000_001, Some(&33)));
}

#[tokio::test]
async fn pieces_leave_while_the_function_still_works() {
    let worker = Worker::start().await;
    let source = "export default { fetch() { return new Response((async function* () {
        yield 'first'; await new Promise((r) => setTimeout(r, 300)); yield 'second';
    })()); } };";
    let component = worker.bring_js(source).await;
    let mut exchange = worker.invoke(&get(component, "/"));
    let (began, mut answer) = (std::time::Instant::now(), Answer::default());
    while answer.body.is_empty() {
        assert!(exchange.step(&mut answer).await);
    }
    assert_eq!(answer.text(), "first");
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
    while exchange.step(&mut answer).await {}
    assert_eq!((answer.text().as_str(), answer.failure), ("firstsecond", None));
}

#[tokio::test]
async fn a_client_that_leaves_breaks_the_body_and_a_cancelled_call_ends() {
    let worker = Worker::start().await;
    let component = worker
        .bring_js("export default { async fetch(r) { try { return new Response(await r.text()); } catch (e) { return new Response(String(e)); } } };")
        .await;
    let mut request = get(component, "/");
    request.method = "POST".into();
    request.has_body = true;
    let exchange = worker.invoke(&request);
    exchange.body(b"begun");
    exchange.bare(wire::work::to_worker::BODY_ABORT);
    assert_eq!(exchange.finish().await.text(), "TypeError: the request's body broke off");
    let exchange = worker.invoke(&request);
    exchange.bare(wire::work::to_worker::CANCEL);
    let answer = exchange.finish().await;
    assert!(answer.failure.is_some() && answer.took < Duration::from_secs(2), "{answer:?}");
}

#[tokio::test]
async fn the_caller_is_told_by_the_platform() {
    let worker = Worker::start().await;
    let source = "export default { fetch(request, env, ctx) { return Response.json(ctx.caller); } };";
    let component = worker.bring_js(source).await;
    let (principal, credential) = (PrincipalId::from_bytes([1; 16]), CredentialId::from_bytes([2; 16]));
    let person = Person {
        id: principal,
        display_name: "Ada \"the\" Countess".into(),
        owner: true,
        disabled: false,
        assurance: Assurance::MultiFactor,
        authenticated_at: UnixMillis(1_700_000_000_999),
        credential,
    };
    let service = Caller::Service(Service {
        id: principal,
        name: "printer".into(),
        app: types::AppName::parse("coffee").unwrap(),
        disabled: false,
        credential,
    });
    for (caller, kind, word) in [
        (Caller::Stranger, "anonymous", "null"),
        (Caller::Person(person.clone()), "user", r#""assurance":"multi-factor""#),
        (service, "workload", "spiffe://serviceful/app/coffee/"),
        (Caller::Operator { uid: 1000 }, "user", "uid:1000"),
    ] {
        let mut request = get(component, "/");
        request.caller = caller;
        request.fields.0.push(("x-serviceful-user".into(), b"root".to_vec()));
        let text = worker.call(&request).await.text();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["kind"], kind, "{text}");
        assert!(text.contains(word) && !text.contains(&credential.to_string()) && !text.contains("root"), "{text}");
    }
    // `require` ends the request when the caller has proved less.
    let source =
        "export default { fetch(request, env, ctx) { ctx.require('multi-factor'); return new Response('in'); } };";
    let component = worker.bring_js(source).await;
    let mut request = get(component, "/");
    let demand = |assurance, max_age_s| Some(Failure::StepUp(Demand { assurance, max_age_s }));
    assert_eq!(worker.call(&request).await.failure, demand(Assurance::MultiFactor, None));
    request.caller = Caller::Person(Person { assurance: Assurance::SingleFactor, ..person.clone() });
    assert_eq!(worker.call(&request).await.failure, demand(Assurance::MultiFactor, None));
    request.caller = Caller::Person(person.clone());
    assert_eq!(worker.call(&request).await.text(), "in");
    // No `catch` makes anything else of it; after the response has begun it is an error like others. Nonsense is one at once.
    let source = r#"export default { async fetch(request, env, ctx) {
        const { pathname, searchParams } = new URL(request.url);
        const age = searchParams.has("age") ? Number(searchParams.get("age")) : undefined;
        if (pathname === "/late") {
            let told; const said = new Promise((resolve) => { told = resolve; });
            ctx.waitUntil(said);
            return new Response(new ReadableStream({ async start(controller) {
                controller.enqueue(new TextEncoder().encode("begun "));
                await new Promise((resolve) => setTimeout(resolve, 20));
                try { ctx.require("phishing-resistant"); } catch (error) { controller.enqueue(new TextEncoder().encode(error.name)); }
                controller.close(); told();
            } }));
        }
        await null;
        try { return new Response(ctx.require(pathname.slice(1), age).kind); }
        catch (error) { return new Response(`caught ${error.name}`); }
    } };"#;
    let component = worker.bring_js(source).await;
    let call = async |path: &str| {
        let mut request = get(component, path);
        request.caller = Caller::Person(person.clone());
        worker.call(&request).await
    };
    assert_eq!(call("/multi-factor").await.text(), "user");
    assert_eq!(call("/phishing-resistant").await.failure, demand(Assurance::PhishingResistant, None), "not caught");
    assert_eq!(call("/none?age=60").await.failure, demand(Assurance::None, Some(60)), "signed in years ago");
    assert_eq!(
        call("/none?age=4294967295").await.failure,
        demand(Assurance::None, Some(u32::MAX)),
        "at most 30 days count"
    );
    assert_eq!(call("/late").await.text(), "begun StepUpRequired");
    for nonsense in ["/none?age=0", "/none?age=-1", "/none?age=1.5", "/none?age=x", "/none?age=4294967296"] {
        assert_eq!(call(nonsense).await.text(), "caught RangeError", "{nonsense}");
    }
    assert_eq!(call("/mfa").await.text(), "caught TypeError");
    // A package that is handed `ctx` cannot make somebody else of the caller.
    let source = "'use strict'; export default { fetch(request, env, ctx) {
        const tries = [() => Object.assign(ctx.caller, { kind: 'user', assurance: 'phishing-resistant' }), () => { ctx.caller.kind = 'user'; },
            () => { ctx.caller = { kind: 'user', assurance: 'phishing-resistant' }; }, () => Object.setPrototypeOf(ctx.caller, { assurance: 'multi-factor' })];
        for (const attempt of tries) { try { attempt(); return new Response('changed'); } catch (error) { if (!(error instanceof TypeError)) throw error; } }
        ctx.require('multi-factor'); return new Response('in'); } };";
    let component = worker.bring_js(source).await;
    assert_eq!(worker.call(&get(component, "/")).await.failure, demand(Assurance::MultiFactor, None));
}

#[tokio::test]
async fn the_console_writes_to_the_log_of_its_request() {
    let worker = Worker::start().await;
    let source = r#"export default { fetch() {
        console.log("plain %s and", "text", { a: [1, "x"], f() {}, nested: { m: new Map([[1, new Set([2])]]) } });
        console.warn("two\nlines"); console.error(new TypeError("wrong")); console.debug("\u001b[2J");
        console.table([{ a: 1, b: 2 }]); console.group("g"); console.info(undefined, null, -0, 5n); console.groupEnd(); console.assert(false, "no");
        return new Response("logged");
    } };"#;
    let component = worker.bring_js(source).await;
    let mut request = get(component, "/");
    request.request = types::RequestId::from_bytes([77; 16]);
    let answer = worker.call(&request).await;
    let lines: Vec<_> = answer.logs.iter().map(|log| (log.stream, log.text.as_str())).collect();
    let has = |stream, text: &str| assert!(lines.contains(&(stream, text)), "{text}: {lines:#?}");
    has(
        LogStream::Stdout,
        r#"plain text and { a: [ 1, "x" ], f: [Function f], nested: { m: Map(1) { 1 => Set(1) { 2 } } } }"#,
    );
    has(LogStream::Stderr, "two");
    has(LogStream::Stderr, "lines");
    has(LogStream::Stderr, "TypeError: wrong");
    has(LogStream::Stdout, "\\u{1b}[2J");
    has(LogStream::Stdout, "  undefined null -0 5n");
    has(LogStream::Stderr, "Assertion failed no");
    assert!(answer.logs.iter().all(|log| log.request == request.request));
}

#[tokio::test]
async fn work_after_the_response_is_done_and_bounded() {
    let worker = Worker::start().await;
    let source = "export default { fetch(request, env, ctx) {
        const ms = Number(new URL(request.url).searchParams.get('ms'));
        ctx.waitUntil(new Promise((r) => setTimeout(r, ms)).then(() => console.log('done after')));
        if (ms === 7) ctx.waitUntil(Promise.reject(new Error('late')));
        if (ms === 8) ctx.waitUntil(new Promise(() => {}));
        return new Response('answered');
    } };";
    let component = worker.bring_js(source).await;
    let answer = worker.call(&get(component, "/?ms=50")).await;
    assert_eq!((answer.text().as_str(), answer.failure.clone()), ("answered", None));
    assert!(answer.logs.iter().any(|log| log.text == "done after"), "{:?}", answer.logs);
    let answer = worker.call(&get(component, "/?ms=7")).await;
    assert!(answer.failure.is_none() && answer.logs.iter().any(|log| log.text.contains("late")), "{answer:?}");
    let answer = worker.call(&get(component, "/?ms=8")).await;
    assert!(
        answer.logs.iter().any(|log| log.stream == LogStream::Platform && log.text.contains("never settles")),
        "{answer:?}"
    );
    let mut request = get(component, "/?ms=60000");
    request.limits.wall_ms = 200;
    let answer = worker.call(&request).await;
    assert_eq!((answer.text().as_str(), answer.failure.clone()), ("answered", None));
    assert!(answer.trailers.is_some() && answer.took < Duration::from_millis(400), "{:?}", answer.took);
}

#[tokio::test]
async fn a_snapshot_needs_the_engine_first() {
    let worker = Worker::start().await;
    let (artefact, _) = harness::snapshot("export default { fetch() { return new Response(); } };").await.unwrap();
    match worker.load(&artefact).await {
        wire::work::Loaded::Broken { reason } => assert!(reason.contains("load it first"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(worker.load(harness::js_machine().await).await, wire::work::Loaded::Ready);
    assert_eq!(worker.load(&artefact).await, wire::work::Loaded::Ready);
    assert_eq!(worker.probe(artefact.component, types::RunLimits::default()).await, wire::work::Loaded::Ready);
    assert_eq!(worker.call(&get(artefact.component, "/")).await.status(), 200);
}

#[tokio::test]
async fn a_named_export_answers_when_it_is_asked_for() {
    let worker = Worker::start().await;
    let source = "let n = 0; export default { fetch() { return new Response('default ' + ++n); } };
        export function list(request) { return new Response('list ' + ++n + new URL(request.url).search); }
        export const text = 'no handler';";
    let component = worker.bring_js(source).await;
    for (handler, answer) in [(None, "default 1"), (Some("list"), "list 1?x=1"), (Some("default"), "default 1")] {
        let invoke = Invoke { handler: handler.map(str::to_owned), ..get(component, "/path?x=1") };
        assert_eq!(worker.call(&invoke).await.text(), answer, "{handler:?}");
    }
    for lost in ["text", "lost", "__proto__", "toString"] {
        let invoke = Invoke { handler: Some(lost.to_owned()), ..get(component, "/") };
        let answer = worker.call(&invoke).await;
        assert!(matches!(answer.failure, Some(Failure::Trap { .. })), "{lost}: {answer:?}");
    }
}

#[tokio::test]
async fn errors_name_the_users_files() {
    let worker = Worker::start().await;
    // Line 2 is src/menu.ts:41, line 3 a package's own.
    let map =
        r#"{"version":3,"sources":["src/menu.ts","node_modules/x/y.js"],"names":[],"mappings":"AAAA;AAwCA;ACAA"}"#;
    let source = format!(
        "export default {{ fetch(request) {{\n inner(); return new Response(); }} }};\nfunction inner() {{ throw new Error('lost'); }}\n//# sourceMappingURL=data:application/json;base64,{}",
        data_encoding::BASE64.encode(map.as_bytes())
    );
    let component = worker.bring_js(&source).await;
    let answer = worker.call(&get(component, "/")).await;
    let Some(Failure::Trap { reason }) = &answer.failure else { panic!("{answer:?}") };
    assert!(reason.contains("lost at src/menu.ts:41:"), "{reason}");
    let log = answer.logs.iter().map(|log| log.text.as_str()).collect::<Vec<_>>().join("\n");
    assert!(log.contains("(node_modules/x/y.js:41:") && log.contains("(src/menu.ts:41:"), "{log}");
}

/// A source with a map behind it.
fn mapped(source: &str, map: &str) -> String {
    let map = data_encoding::BASE64.encode(map.as_bytes());
    format!("{source}\n//# sourceMappingURL=data:application/json;base64,{map}")
}

#[tokio::test]
async fn what_a_function_writes_of_an_error_names_the_users_files() {
    let worker = Worker::start().await;
    let source = "const inner = () => { throw new Error('lost', { cause: new TypeError('why') }); };
export default { async fetch(request, env, ctx) {
  try { inner(); } catch (error) {
    console.error(error); console.log('x', error); console.log(error.stack); console.log(JSON.stringify(error.stack));
    console.table([{ error }]); console.group('g'); console.error(error); console.groupEnd();
  }
  console.trace('here');
  ctx.waitUntil((async () => { await null; throw new Error('later'); })());
  ctx.waitUntil(Promise.reject('no error'));
  return new Response(new Error('sent').stack);
} };";
    // Line 1 is src/menu.ts:41, and so on.
    let lines = ";AACA".repeat(source.lines().count() - 1);
    let map = format!(r#"{{"version":3,"sources":["src/menu.ts"],"names":[],"mappings":"AAwCA{lines}"}}"#);
    let component = worker.bring_js(&mapped(source, &map)).await;
    let answer = worker.call(&get(component, "/")).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    let log = answer.logs.iter().map(|log| log.text.as_str()).collect::<Vec<_>>().join("\n");
    assert!(!log.contains("main.js"), "{log}");
    // Each way shows both steps; the trace and the promise their own.
    for (place, times) in
        [("src/menu.ts:41:1", 6), ("src/menu.ts:43:1", 6), ("src/menu.ts:47:1", 1), ("src/menu.ts:48:1", 1)]
    {
        assert!(log.matches(place).count() >= times, "{place}: {log}");
    }
    let places: Vec<_> =
        answer.logs.iter().filter(|log| log.text.starts_with("waitUntil: ")).map(|log| log.place.as_deref()).collect();
    assert_eq!(places, [None, Some("src/menu.ts:48:1")], "{log}");
    // docs/reference/javascript.md: what the function itself reads of a stack has the module's lines.
    assert!(answer.text().contains("main.js:10:"), "{}", answer.text());
    assert!(!answer.text().contains("<null>") && !log.contains("<null>"), "the platform's own frames: {log}");
}

#[tokio::test]
async fn a_method_without_a_column_is_found_on_its_line() {
    let worker = Worker::start().await;
    // The engine names line 2 and column 1; the first token of that line is at column 3.
    let source =
        "const ways = {\n  spin() { while (true) {} }\n};\nexport default { fetch() { return ways.spin(); } };";
    let map = r#"{"version":3,"sources":["src/hostile.ts"],"names":[],"mappings":"AAAA;EACE;AACF;AACA"}"#;
    let component = worker.bring_js(&mapped(source, map)).await;
    let mut request = get(component, "/");
    request.limits.cpu_ms = 100;
    let answer = worker.call(&request).await;
    let Some(Failure::Limit { limit, reason }) = &answer.failure else { panic!("{answer:?}") };
    assert!(limit == "cpu_ms" && reason.ends_with(" at src/hostile.ts:2:3"), "{reason}");
}

/// Test data that comes with a crate, of the version that is built in.
fn data_of(package: &str, file: &str) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let told = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--manifest-path", manifest])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|e| panic!("{e}: {told:?}"));
    let packages = told["packages"].as_array().unwrap();
    let manifests = packages.iter().filter(|p| p["name"] == package).map(|p| p["manifest_path"].as_str().unwrap());
    let found: Vec<_> = manifests.map(|path| std::path::Path::new(path).with_file_name("").join(file)).collect();
    let found = found.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("{package} has no {file}: {found:?}"));
    std::fs::read_to_string(found).unwrap()
}

#[tokio::test]
async fn web_platform_tests_of_urls_fail_only_where_it_is_known() {
    /// What fails, a name a line. The classes are in the row `URL` of docs/reference/javascript.md.
    const KNOWN: &str = include_str!("js/url_known.txt");
    let worker = Worker::start().await;
    let component = worker.bring_js(include_str!("js/url_data.js")).await;
    let mut failed = Vec::new();
    for (package, file, kind) in [
        ("url", "tests/urltestdata.json", "parse"),
        ("url", "tests/setters_tests.json", "set"),
        ("urlpattern", "src/testdata/urlpatterntestdata.json", "pattern"),
    ] {
        let mut request = get(component, &format!("/{kind}"));
        request.method = "POST".into();
        request.has_body = true;
        (request.limits.cpu_ms, request.limits.request_kib, request.limits.wall_ms) = (20_000, 1_024, 60_000);
        let mut exchange = worker.invoke(&request);
        exchange.credit = CREDIT_BYTES.into();
        let data = data_of(package, file);
        let (mut rest, mut ended, mut answer) = (data.as_bytes(), false, Answer::default());
        loop {
            while !rest.is_empty() && exchange.credit > 0 {
                let length = rest.len().min(32 << 10).min(exchange.credit as usize);
                exchange.body(&rest[..length]);
                exchange.credit -= length as u64;
                rest = &rest[length..];
            }
            if rest.is_empty() && !ended {
                exchange.end(&[]);
                ended = true;
            }
            if !exchange.step(&mut answer).await {
                break;
            }
        }
        assert_eq!(answer.failure, None, "{answer:?}");
        let (cases, names): (usize, Vec<String>) = serde_json::from_str(&answer.text()).unwrap();
        assert!(cases > 200, "{kind}: {cases}");
        failed.extend(names);
    }
    // If you are here because a newer crate knows more: take its lines out of the list, and the classes out of the page.
    assert_eq!(failed.join("\n"), KNOWN.trim_end(), "only these may fail");
}
