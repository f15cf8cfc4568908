//! What no two requests of a JavaScript function may share, and what none may see.

mod harness;

use std::collections::{BTreeSet, VecDeque};

use harness::{Worker, get};

/// Tells what it finds, then leaves marks everywhere that a script can reach.
const CANARY: &str = r#"
let counter = 0;
const kept = { list: [], map: new Map(), bytes: new Uint8Array(4096), weak: new WeakMap() };
class Counted { static made = 0; constructor() { Counted.made++; } }
export default { async fetch(request) {
  const found = JSON.stringify([counter, kept.list.length, kept.map.size, kept.bytes.some((b) => b), Counted.made, globalThis.mark,
    Object.prototype.mark, Array.prototype.mark, Response.mark, Math.mark, request.mark, console.mark, [].toString === "mark",
    new Date(0).getTime() === 0, typeof fetch, RegExp.prototype.mark, Symbol.for("mark").mark, Object.keys(globalThis)]);
  counter++; kept.list.push("secret"); kept.map.set("secret", "secret"); kept.bytes.fill(0xee); new Counted();
  globalThis.mark = "secret"; Object.prototype.mark = "secret"; Array.prototype.mark = "secret"; Response.mark = "secret"; Math.mark = "secret";
  console.mark = "secret"; RegExp.prototype.mark = "secret"; globalThis.fetch = 1;
  Array.prototype.toString = () => "mark"; JSON.stringify.mark = 1;
  const junk = []; for (let i = 0; i < 200; i++) junk.push("secret" + i + "x".repeat(500));
  // Memory that is given out fresh must be empty.
  const fresh = new Uint8Array(65536); let dirty = 0; for (let i = 0; i < fresh.length; i += 64) dirty |= fresh[i];
  fresh.fill(0x55);
  setTimeout(() => {}, 100000);
  return new Response(found + dirty);
} };
"#;

#[tokio::test]
async fn ten_thousand_requests_share_nothing() {
    let worker = Worker::start().await;
    let component = worker.bring_js(CANARY).await;
    let request = get(component, "/");
    let first = worker.call(&request).await;
    assert_eq!(first.failure, None, "{first:?}");
    let first = first.text();
    assert!(first.starts_with("[0,0,0,false,0,null,null,null") && first.ends_with('0'), "{first}");
    assert!(!first.contains("secret"), "{first}");
    // Some at once, so that slots of the pool are used again in every order.
    let mut waiting = VecDeque::new();
    for _ in 0..10_000 {
        waiting.push_back(worker.invoke(&request));
        if waiting.len() == 16 {
            assert_eq!(waiting.pop_front().unwrap().finish().await.text(), first);
        }
    }
    for exchange in waiting {
        assert_eq!(exchange.finish().await.text(), first);
    }
}

#[tokio::test]
async fn two_functions_in_one_worker_share_nothing() {
    let worker = Worker::start().await;
    let canary = worker.bring_js(CANARY).await;
    let source = "export default { fetch() {
        const bytes = new Uint8Array(1 << 20);
        return new Response(JSON.stringify([typeof globalThis.mark, Object.prototype.mark === undefined, bytes.some((b) => b)]));
    } };";
    let reader = worker.bring_js(source).await;
    for _ in 0..500 {
        worker.call(&get(canary, "/")).await;
        assert_eq!(worker.call(&get(reader, "/")).await.text(), r#"["undefined",true,false]"#);
    }
}

#[tokio::test]
async fn failed_requests_leave_nothing_behind() {
    let worker = Worker::start().await;
    let source = "let state = 'clean';
        export default { fetch(request) {
            const found = state; state = 'dirty'; globalThis.leak = new Uint8Array(2 << 20).fill(7);
            const way = new URL(request.url).pathname;
            if (way === '/throw') throw new Error('x');
            if (way === '/loop') for (;;) {}
            if (way === '/memory') { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(7)); }
            return new Response(found);
        } };";
    let component = worker.bring_js(source).await;
    for _ in 0..20 {
        for way in ["/throw", "/loop", "/memory"] {
            let mut request = get(component, way);
            (request.limits.cpu_ms, request.limits.memory_mib) = (20, 16);
            assert!(worker.call(&request).await.failure.is_some(), "{way}");
            assert_eq!(worker.call(&get(component, "/")).await.text(), "clean", "after {way}");
        }
    }
}

#[tokio::test]
async fn randomness_and_time_are_the_requests_own() {
    let worker = Worker::start().await;
    let source = "export default { fetch() {
        const words = [Math.random(), Math.random(), crypto.randomUUID(), ...crypto.getRandomValues(new BigUint64Array(2))];
        return new Response(words.join() + ';' + Date.now() + ';' + new Date().toISOString() + ';' + performance.now());
    } };";
    let component = worker.bring_js(source).await;
    let mut seen = BTreeSet::new();
    let mut last = 0.0;
    for _ in 0..500 {
        let text = worker.call(&get(component, "/")).await.text();
        let mut parts = text.split(';');
        for word in parts.next().unwrap().split(',') {
            assert!(seen.insert(word.to_owned()), "{word} came twice");
        }
        let now: f64 = parts.next().unwrap().parse().unwrap();
        assert!(now >= last && now > 1.7e12, "{now}");
        last = now;
        assert!(parts.next().unwrap().starts_with("20"));
        let elapsed: f64 = parts.next().unwrap().parse().unwrap();
        assert!((0.0..1_000.0).contains(&elapsed), "{elapsed}");
    }
}

#[tokio::test]
async fn requests_at_once_do_not_mix() {
    let worker = Worker::start().await;
    let source = "let mine; export default { async fetch(request) {
        mine = request.url; await new Promise((r) => setTimeout(r, Math.random() * 5)); return new Response(mine);
    } };";
    let component = worker.bring_js(source).await;
    let waiting: Vec<_> = (0..200).map(|n| (n, worker.invoke(&get(component, &format!("/{n}"))))).collect();
    for (n, exchange) in waiting {
        assert_eq!(exchange.finish().await.text(), format!("http://coffee.localhost:8080/{n}"));
    }
}
