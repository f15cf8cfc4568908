//! `env.KV` and `env.SECRETS` of a function in JavaScript, with the front played by the harness.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use harness::{Answer, Worker, get, refused};
use types::{Blob, Digest, Grants, KvAccess, KvAnswer, KvQuestion};
use wire::work::{Failure, Invoke, Question};

fn granted(component: Digest, secrets: &[&str], kv: KvAccess) -> Invoke {
    let secrets = secrets.iter().map(|name| name.parse().unwrap()).collect();
    Invoke { grants: Grants { secrets, kv, ..Grants::default() }, ..get(component, "/path?x=1") }
}

/// Calls a handler's body with the key-value store.
async fn kv(worker: &Worker, body: &str) -> Answer {
    let source = format!("export default {{ async fetch(request, env, ctx) {{\n{body}\n}} }};");
    let component = worker.bring_js(&source).await;
    worker.call(&granted(component, &[], KvAccess::ReadWrite)).await
}

/// The JSON that a handler's body returns.
async fn value(worker: &Worker, body: &str) -> serde_json::Value {
    let answer = kv(worker, &format!("return Response.json(await (async () => {{ {body} }})());")).await;
    assert_eq!(answer.failure, None, "{body}: {answer:?}");
    serde_json::from_str(&answer.text()).unwrap()
}

#[tokio::test]
async fn values_come_back_in_every_type() {
    let worker = Worker::start().await;
    let found = value(
        &worker,
        "const kv = env.KV;
        await kv.put('t', 'téxt €'); await kv.put('e', ''); await kv.put('j', JSON.stringify({ a: [1] }));
        await kv.put('b', new Uint8Array([0, 255, 128])); await kv.put('v', new Uint16Array([1, 2]).subarray(1));
        await kv.put('s', new Response('streamed').body); await kv.put('l', new Blob(['bl', 'ob']));
        const bytes = async (key) => [...new Uint8Array(await kv.get(key, 'arrayBuffer'))];
        return [await kv.get('t'), await kv.get('e'), await kv.get('j', 'json'), await kv.get('j', { type: 'json' }), await bytes('b'),
          await bytes('v'), await kv.get('s'), await kv.get('l'), await new Response(await kv.get('t', 'stream')).text(), await kv.get('none'),
          await kv.get('none', 'json'), Object.fromEntries(await kv.get(['t', 'none', 'j'])), String(kv)];",
    )
    .await;
    let expected = serde_json::json!([
        "téxt €", "", { "a": [1] }, { "a": [1] }, [0, 255, 128], [2, 0], "streamed", "blob", "téxt €", null, null,
        { "t": "téxt €", "none": null, "j": "{\"a\":[1]}" }, "[object KVNamespace]",
    ]);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn metadata_ends_and_lists_have_the_shapes_of_workers() {
    let worker = Worker::start().await;
    let found = value(
        &worker,
        "const kv = env.KV, now = Math.floor(Date.now() / 1000);
        await kv.put('a/1', 'one', { metadata: { n: 1 }, expiration: now + 1000 });
        await kv.put('a/2', 'two', { expirationTtl: 60 });
        await kv.put('b', 'three');
        await kv.put('over', 'x', { expiration: now - 1 });
        const with1 = await kv.getWithMetadata('a/1'), with2 = await kv.getWithMetadata('a/2', 'text'), none = await kv.getWithMetadata('c');
        const first = await kv.list({ limit: 2 }), second = await kv.list({ limit: 2, cursor: first.cursor }), a = await kv.list({ prefix: 'a/' });
        const ttl = a.keys[1].expiration - now;
        await kv.put('a/1', 'again'); await kv.delete('b'); await kv.delete('b');
        return { with1, with2, none, first: first.keys.map((k) => k.name), complete: first.list_complete, cursor: first.cursor,
          second: second.keys.map((k) => k.name), done: second.list_complete, more: 'cursor' in second,
          a: a.keys[0].metadata, end: a.keys[0].expiration - now, ttl: ttl >= 60 && ttl <= 62,
          again: await kv.getWithMetadata('a/1'), b: await kv.get('b'), over: await kv.get('over') };",
    )
    .await;
    let expected = serde_json::json!({
        "with1": { "value": "one", "metadata": { "n": 1 }, "cacheStatus": null },
        "with2": { "value": "two", "metadata": null, "cacheStatus": null },
        "none": { "value": null, "metadata": null, "cacheStatus": null },
        "first": ["a/1", "a/2"], "complete": false, "cursor": "a/2", "second": ["b"], "done": true, "more": false,
        "a": { "n": 1 }, "end": 1000, "ttl": true,
        "again": { "value": "again", "metadata": null, "cacheStatus": null }, "b": null, "over": null,
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_wrong_is_an_error_that_says_so_and_can_be_caught() {
    let worker = Worker::start().await;
    for (call, says, limit) in [
        ("env.KV.put('k'.repeat(513), 'v')", "a key of 513 bytes", Some("kv_key_bytes")),
        ("env.KV.get('é'.repeat(257))", "a key of 514 bytes", Some("kv_key_bytes")),
        ("env.KV.put('k', new Uint8Array(1000001))", "a value of 1000001 bytes", Some("kv_value_bytes")),
        ("env.KV.put('k', 'v', { metadata: 'm'.repeat(1023) })", "metadata of 1025 bytes", Some("kv_metadata_bytes")),
        ("env.KV.get('')", "at least one byte", None),
        ("env.KV.get(7)", "a key is a text, not 7", None),
        ("env.KV.put('k', { a: 1 })", "JSON.stringify", None),
        ("env.KV.put('k', 'v', { expirationTtl: 0 })", "`expirationTtl` is a whole number of at least 1", None),
        ("env.KV.put('k', 'v', { expiration: '5' })", "`expiration` is a whole number", None),
        ("env.KV.list({ limit: 0 })", "`limit` is a whole number of at least 1", None),
        ("env.KV.get('k', 'xml')", "`xml` is no type", None),
        (
            "env.KV.put('big', 'v').then(() => env.KV.put('x', 'v'.repeat(1000000))).then(() => env.KV.put('y', 'v'.repeat(1000000))).then(() => env.KV.put('z', 'v'.repeat(1000000))).then(() => env.KV.put('w', 'v'.repeat(1000000))).then(() => env.KV.put('u', 'v'.repeat(1000000)))",
            "the app would keep",
            Some("kv_app_bytes"),
        ),
    ] {
        let body = format!(
            "try {{ await {call}; return 'nothing'; }} catch (e) {{ return [e.name, e.message, e.limit ?? null]; }}"
        );
        let found = value(&worker, &body).await;
        assert!(found[1].as_str().is_some_and(|message| message.contains(says)), "{call}: {found}");
        assert_eq!(found[2].as_str(), limit, "{call}: {found}");
        assert_eq!(
            found[0].as_str(),
            Some(if limit.is_some() || says.contains("byte") { "KvError" } else { "TypeError" })
        );
    }
    // Caught by nobody, it names the user's line.
    let answer = kv(&worker, "await null;\nawait env.KV.put('k'.repeat(513), 'v');").await;
    assert!(answer.trap().contains("main.js:3") && answer.trap().contains("kv_key_bytes"), "{}", answer.trap());
}

#[tokio::test]
async fn questions_of_one_request_are_counted_and_run_together() {
    let worker = Worker::start().await;
    let source = "export default { async fetch(request, env) {
        let refused = 0;
        const all = Array.from({ length: 30 }, (_, n) => env.KV.put(`k${n}`, 'v').catch((e) => { refused += e.limit === 'kv_calls'; }));
        await Promise.all(all);
        return Response.json(refused);
    } };";
    let component = worker.bring_js(source).await;
    let mut request = granted(component, &[], KvAccess::ReadWrite);
    request.limits.kv_calls = 20;
    worker.source.delay_ms.store(100, Ordering::SeqCst);
    let answer = worker.call(&request).await;
    assert_eq!(answer.text(), "10");
    assert_eq!(worker.source.asked.lock().unwrap().len(), 20, "what is refused is not asked");
    assert!(answer.took < Duration::from_millis(20 * 100 / 2), "one after the other: {:?}", answer.took);
}

#[tokio::test]
async fn a_slow_store_holds_up_nobody_else() {
    let worker = Worker::start().await;
    let waits = worker
        .bring_js("export default { async fetch(request, env) { return new Response(await env.KV.get('k')); } };")
        .await;
    let quick = worker.bring_js("export default { fetch() { return new Response('quick'); } };").await;
    worker.source.delay_ms.store(1_500, Ordering::SeqCst);
    let slow = worker.invoke(&granted(waits, &[], KvAccess::Read));
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(worker.call(&get(quick, "/")).await.text(), "quick");
    }
    assert!(began.elapsed() < Duration::from_millis(1_000), "{:?}", began.elapsed());
    let slow = slow.finish().await;
    assert!(slow.took >= Duration::from_millis(1_400) && slow.failure.is_none(), "{slow:?}");
    assert!(slow.ended.unwrap().cpu_us < 500_000, "waiting costs no CPU time");
}

#[tokio::test]
async fn a_request_that_ends_while_it_waits_leaves_the_worker_well() {
    let worker = Worker::start().await;
    let component = worker.bring_js("export default { async fetch(request, env) { await Promise.all(Array.from({ length: 40 }, () => env.KV.get('k'))); return new Response('all'); } };").await;
    worker.source.delay_ms.store(400, Ordering::SeqCst);
    let mut request = granted(component, &[], KvAccess::Read);
    request.limits.wall_ms = 100;
    for _ in 0..3 {
        assert_eq!(worker.call(&request).await.limit(), "wall_ms");
    }
    worker.source.delay_ms.store(0, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(600)).await;
    request.limits.wall_ms = 20_000;
    let answer = worker.call(&request).await;
    assert_eq!(answer.text(), "all", "places of those that ended are free again: {answer:?}");
}

#[tokio::test]
async fn work_after_the_response_may_write() {
    let worker = Worker::start().await;
    let answer = kv(
        &worker,
        "ctx.waitUntil((async () => { await new Promise((r) => setTimeout(r, 50)); await env.KV.put('late', 'written'); })()); return new Response('sent');",
    )
    .await;
    assert_eq!(answer.text(), "sent");
    let KvAnswer::Value(Some(found)) = worker.source.ask(KvQuestion::Get { key: "late".into() }).await else {
        panic!()
    };
    assert_eq!(found.value, Blob(b"written".to_vec()));
}

#[tokio::test]
async fn nothing_is_there_that_was_not_granted_and_each_try_is_told() {
    let worker = Worker::start().await;
    let source = "export default { async fetch(request, env) {
        const tried = {};
        const say = async (name, act) => { try { tried[name] = await act(); } catch (e) { tried[name] = e.message; } };
        await say('kv', () => env.KV.get('k'));
        await say('put', () => env.KV.put('k', 'v'));
        await say('secret', () => env.SECRETS.KEY);
        await say('plain', () => String(env.SECRETS.then) + String(env.SECRETS.toJSON));
        tried.keys = Object.keys(env); tried.json = JSON.stringify(env); tried.shown = JSON.stringify({ ...env });
        return Response.json(tried);
    } };";
    let component = worker.bring_js(source).await;
    let answer = worker.call(&get(component, "/")).await;
    let tried: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    for name in ["kv", "put"] {
        assert!(
            tried[name].as_str().unwrap().contains("add `kv = \"rw\"` (or `\"r\"`) to it in serviceful.toml"),
            "{tried}"
        );
    }
    assert!(tried["secret"].as_str().unwrap().contains("add `secrets = [\"KEY\"]` to it"), "{tried}");
    assert_eq!(
        (&tried["plain"], &tried["keys"], &tried["json"]),
        (&"undefinedundefined".into(), &serde_json::json!([]), &"{}".into())
    );
    let told: Vec<_> = answer.denied.iter().map(|denied| (denied.hatch.as_str(), denied.wanted.as_str())).collect();
    assert_eq!(told, [("kv", "open"), ("kv", "open"), ("secrets", "KEY")]);
    assert!(worker.source.asked.lock().unwrap().is_empty(), "nothing reached the front");
    // Granted to read, a function writes nothing.
    let reads = worker.call(&granted(component, &[], KvAccess::Read)).await;
    let tried: serde_json::Value = serde_json::from_str(&reads.text()).unwrap();
    assert_eq!(tried["kv"], serde_json::Value::Null);
    assert!(tried["put"].as_str().unwrap().contains("not granted this"), "{tried}");
    assert_eq!(reads.denied[0].wanted, "put");
}

const SECRET: &str = "sk_live_0123456789";

async fn with_secret(source: &str) -> (Worker, Answer) {
    let worker = Worker::start().await;
    worker.source.secrets.lock().unwrap().insert("KEY".into(), SECRET.into());
    let pem = "-----BEGIN-----\nAAAABBBBCCCC\nDDDDEEEEFFFF\n-----END-----";
    worker.source.secrets.lock().unwrap().insert("PEM".into(), pem.into());
    let component = worker.bring_js(source).await;
    let answer = worker.call(&granted(component, &["KEY", "PEM", "UNSET"], KvAccess::None)).await;
    (worker, answer)
}

#[tokio::test]
async fn a_secret_is_a_text_that_is_asked_for_once_and_not_in_the_way() {
    let source = "export default { async fetch(request, env, ctx) {
        const tell = [env.SECRETS.KEY, env.SECRETS.KEY, env['SECRETS']['KE' + 'Y'].length];
        tell.push(Object.keys(env.SECRETS), JSON.stringify(env), 'KEY' in env.SECRETS, 'OTHER' in env.SECRETS, { ...env.SECRETS });
        try { env.SECRETS.UNSET; } catch (e) { tell.push(e.message); }
        try { env.SECRETS.OTHER; } catch (e) { tell.push(e.message); }
        try { 'use strict'; env.SECRETS.KEY = 'x'; } catch (e) { tell.push(e.name); }
        tell.push(env.SECRETS.KEY === tell[0], await Promise.resolve(env.SECRETS) === env.SECRETS, typeof process);
        return Response.json(tell);
    } };";
    let (worker, answer) = with_secret(source).await;
    assert_eq!(answer.failure, None, "{answer:?}");
    let told: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
    let expected = serde_json::json!([
        SECRET,
        SECRET,
        SECRET.len(),
        [],
        "{\"SECRETS\":{}}",
        true,
        false,
        {},
        "the secret UNSET is not set: set it with `serviceful secrets set APP UNSET`",
        "this function is not granted the secret OTHER: add `secrets = [\"OTHER\"]` to it in serviceful.toml",
        "TypeError",
        true,
        true,
        told[13],
    ]);
    assert_eq!(told, expected);
    let asked = worker.source.asked.lock().unwrap().clone();
    let name = |name: &str| Question::Secret(name.parse().unwrap());
    assert_eq!(asked, [name("KEY"), name("UNSET")], "once a request, and what is not granted not at all");
}

#[tokio::test]
async fn a_functions_own_output_shows_the_names_of_secrets() {
    let source = "export default { async fetch(request, env) {
        console.log('before', 'sk_live_', 'nothing');
        const { KEY, PEM } = env.SECRETS;
        console.log('key', KEY, { deep: [KEY] }); console.error(PEM); console.log('one line of it: DDDDEEEEFFFF');
        console.log('x'.repeat(4000) + KEY + 'y'.repeat(5000));
        console.table([{ KEY }]); console.log(new Error(KEY).message); console.log(env);
        throw new TypeError(`refused: ${KEY}`);
    } };";
    let (_, answer) = with_secret(source).await;
    let lines: Vec<_> = answer.logs.iter().map(|log| log.text.as_str()).collect();
    let all = lines.join("\n");
    for part in [SECRET, "AAAABBBB", "DDDDEEEE", "sk_live_0"] {
        assert!(!all.contains(part), "{part}: {all}");
    }
    assert!(lines.contains(&"before sk_live_ nothing") && lines.contains(&"one line of it: [secret PEM]"), "{all}");
    assert!(lines[1].starts_with("key [secret KEY] {") && lines[1].contains("\"[secret KEY]\""), "{all}");
    assert!(lines.contains(&"[secret PEM]") && all.contains("x[secret KEY]y"), "{all}");
    assert!(answer.trap().contains("refused: [secret KEY]") && !answer.trap().contains(SECRET), "{}", answer.trap());
}

#[tokio::test]
async fn the_top_level_has_neither_and_a_snapshot_is_the_same_without() {
    for source in [
        "const key = env.SECRETS.KEY; export default () => new Response(key);",
        "await env.KV.get('k'); export default () => new Response('');",
    ] {
        let reason = refused(source).await;
        assert!(reason.contains("main.js:1") && reason.contains("env"), "{reason}");
    }
    // What one request sees is not there in the next.
    let source = "let kept; export default { fetch(request, env) { const was = kept; kept = env.SECRETS.KEY; return Response.json({ was }); } };";
    let (worker, answer) = with_secret(source).await;
    assert_eq!(answer.text(), "{}");
    let component = worker.bring_js(source).await;
    let again = worker.call(&granted(component, &["KEY"], KvAccess::None)).await;
    assert_eq!(again.text(), "{}");
}

#[tokio::test]
async fn a_call_may_not_pile_up_questions_without_end() {
    let worker = Worker::start().await;
    worker.source.delay_ms.store(5_000, Ordering::SeqCst);
    let source = "export default { async fetch(request, env) { for (let n = 0; n < 50000; n++) env.KV.get('k').catch(() => {}); await new Promise(() => {}); } };";
    let component = worker.bring_js(source).await;
    let mut request = granted(component, &[], KvAccess::Read);
    request.limits.kv_calls = 10_000;
    request.limits.cpu_ms = 10_000;
    let answer = worker.call(&request).await;
    assert!(
        matches!(&answer.failure, Some(Failure::Trap { reason }) if reason.contains("too many questions")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_database_is_not_there_and_says_so() {
    let worker = Worker::start().await;
    let source = "export default { async fetch(request, env) {
        const tell = [Object.keys(env), 'DB' in env, typeof env.DB, String(env.DB.first)];
        for (const way of ['prepare', 'batch', 'exec', 'dump', 'withSession']) {
            try { env.DB[way]('SELECT 1'); } catch (e) { tell.push(`${e.name}: ${e.message}`); }
        }
        return Response.json(tell);
    } };";
    let component = worker.bring_js(source).await;
    let answer = worker.call(&get(component, "/")).await;
    let told: Vec<serde_json::Value> = serde_json::from_str(&answer.text()).unwrap();
    assert_eq!(told[..4], [serde_json::json!([]), true.into(), "object".into(), "undefined".into()]);
    assert_eq!(told.len(), 9);
    for said in &told[4..] {
        let said = said.as_str().unwrap();
        assert!(
            said.starts_with("TypeError: there is no database for functions yet") && said.contains("kv = \"rw\""),
            "{said}"
        );
    }
    assert_eq!(answer.denied.len(), 5, "each try is told: {answer:?}");
    assert!(format!("{:?}", answer.denied).contains("sql"), "{answer:?}");
    let answer = worker.js("return env.DB.prepare('SELECT 1').all();").await;
    assert!(answer.trap().contains("there is no database") && answer.trap().contains(" at main.js:"), "{answer:?}");
}
