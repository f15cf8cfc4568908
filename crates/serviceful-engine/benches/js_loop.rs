//! CPU per request of functions written in JavaScript, in the worker alone, beside the Rust hello component:
//! `cargo bench -p serviceful-engine --bench js_loop [NAME...]`.
//!
//! Prints user and system time of the worker process and its page faults, divided by the requests.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, clippy::indexing_slicing, reason = "a benchmark")]

#[path = "../tests/harness/mod.rs"]
mod harness;

use std::time::Instant;

use harness::{Worker, get, guest, js_machine, snapshot};

const ROUNDS: usize = 9;

const SOURCES: [(&str, usize, &str); 10] = [
    ("hello", 5_000, "export default { fetch() { return new Response('Hello, world.\\n'); } };"),
    ("hello-async", 5_000, "export default { async fetch() { return new Response('Hello, world.\\n'); } };"),
    (
        "url",
        5_000,
        "export default { fetch(request) { const u = new URL(request.url);
           return new Response('Hello, ' + (u.searchParams.get('name') ?? 'world') + ' at ' + u.pathname); } };",
    ),
    (
        "json-url-crypto",
        3_000,
        "export default { async fetch(request) { const u = new URL(request.url);
           return Response.json({ id: crypto.randomUUID(), path: u.pathname, query: [...u.searchParams],
             agent: request.headers.get('user-agent'), at: new Date().toISOString(), n: Math.random() }); } };",
    ),
    (
        "template-50k",
        500,
        "const rows = Array.from({ length: 500 }, (_, i) => ({ id: i, name: 'item ' + i, price: i * 3 }));
         const row = (r) => `<tr><td>${r.id}</td><td class=\"name\">${r.name}</td><td>${r.price.toFixed(2)}</td><td>in stock</td></tr>\\n`;
         export default { fetch() { return new Response('<table>' + rows.map(row).join('') + '</table>',
           { headers: { 'content-type': 'text/html' } }); } };",
    ),
    (
        "json-work",
        500,
        "const text = JSON.stringify(Array.from({ length: 500 }, (_, i) => ({ id: i, name: 'n' + i * 7919 % 1000 })));
         export default { fetch() { const list = JSON.parse(text).map((x) => ({ ...x, twice: x.id * 2 }));
           list.sort((a, b) => a.name < b.name ? -1 : 1); return new Response(JSON.stringify(list)); } };",
    ),
    (
        "digest",
        3_000,
        "const data = new TextEncoder().encode('a message of some forty characters or so');
         export default { async fetch() { const digest = await crypto.subtle.digest('SHA-256', data);
           return new Response(String(new Uint8Array(digest)[0])); } };",
    ),
    (
        "hmac",
        3_000,
        "const data = new TextEncoder().encode('a message of some forty characters or so');
         const key = await crypto.subtle.importKey('raw', data, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
         export default { async fetch() { const tag = await crypto.subtle.sign('HMAC', key, data);
           return new Response(String(new Uint8Array(tag)[0])); } };",
    ),
    (
        "digest-100",
        500,
        "const data = new TextEncoder().encode('a message of some forty characters or so');
         export default { async fetch() { let last; for (let i = 0; i < 100; i++) last = await crypto.subtle.digest('SHA-256', data);
           return new Response(String(new Uint8Array(last)[0])); } };",
    ),
    (
        "compute",
        200,
        "export default { fetch() { let s = 0; for (let i = 0; i < 100000; i++) s = (s * 31 + i) % 1000003; return new Response(String(s)); } };",
    ),
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    if is_wanted("component") {
        let worker = Worker::start().await;
        let component = worker.bring(&guest("bench-hello")).await;
        report("Rust component bench-hello", &worker, component, 10_000).await;
    }
    let began = Instant::now();
    let machine = js_machine().await;
    println!("engine: artefact of {} KiB, compiled (or found) in {:?}", machine.bytes.len() >> 10, began.elapsed());
    for (name, requests, source) in SOURCES {
        if !is_wanted(name) {
            continue;
        }
        let worker = Worker::start().await;
        let began = Instant::now();
        let made = snapshot(source).await.unwrap().0;
        println!(
            "{name}: snapshot of {} KiB in {:?}, {} ms of it evaluating",
            made.bytes.len() >> 10,
            began.elapsed(),
            made.done.compile_ms
        );
        // What a cold start takes in a worker that has the engine: checking and mapping the snapshot, and the first request.
        assert_eq!(worker.load(machine).await, wire::work::Loaded::Ready);
        let began = Instant::now();
        assert_eq!(worker.load(&made).await, wire::work::Loaded::Ready);
        let loaded = began.elapsed();
        let began = Instant::now();
        assert_eq!(worker.call(&get(made.component, "/menu?name=x")).await.status(), 200);
        println!("  loaded in {loaded:?}, first request in {:?}", began.elapsed());
        report(name, &worker, made.component, requests).await;
    }
    if wanted.iter().any(|name| name == "many") {
        many().await;
    }
    if wanted.iter().any(|name| name == "bundle") {
        let mut source = String::from("const all = [];\n");
        while source.len() < 1 << 20 {
            let n = source.len();
            source.push_str(&format!(
                "all.push(function f{n}(a, b) {{ if (a > b) {{ return a * {n}; }} return [`x${{a}}`, {{ a, b }}]; }});\n"
            ));
        }
        source.push_str("export default { fetch() { return new Response(String(all.length)); } };");
        let began = Instant::now();
        let made = snapshot(&source).await.unwrap().0;
        println!("bundle of 1 MiB: snapshot of {} KiB in {:?}", made.bytes.len() >> 10, began.elapsed());
        let worker = Worker::start().await;
        let component = worker.bring_js(&source).await;
        report("bundle", &worker, component, 2_000).await;
    }
}

/// What a hundred loaded functions take in one worker, and how quickly they are made.
async fn many() {
    let worker = Worker::start().await;
    assert_eq!(worker.load(js_machine().await).await, wire::work::Loaded::Ready);
    let (began, mut made) = (Instant::now(), Vec::new());
    for n in 0..100 {
        made.push(
            snapshot(&format!("export default {{ fetch() {{ return new Response('{n}'); }} }};")).await.unwrap().0,
        );
    }
    println!("many: 100 snapshots, one after the other, in {:?}", began.elapsed());
    let before = worker.resident_kib();
    for artefact in &made {
        assert_eq!(worker.load(artefact).await, wire::work::Loaded::Ready);
    }
    let loaded = worker.resident_kib();
    for (n, artefact) in made.iter().enumerate() {
        assert_eq!(worker.call(&get(artefact.component, "/")).await.text(), n.to_string());
    }
    println!(
        "  resident: {before} KiB before, {loaded} KiB loaded, {} KiB after a call of each",
        worker.resident_kib()
    );
}

async fn report(name: &str, worker: &Worker, component: types::Digest, requests: usize) {
    let request = get(component, "/menu?name=x");
    let first = worker.call(&request).await;
    println!("{name}: status {}, {} bytes, {:?}", first.status(), first.body.len(), first.ended);
    for depth in [1, 8] {
        measure(worker, &request, depth, requests).await;
    }
    println!("  resident {} KiB", worker.resident_kib());
}

async fn measure(worker: &Worker, request: &wire::work::Invoke, depth: usize, requests: usize) {
    let (mut costs, mut rates, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (before, faulted, began) = (cpu_us(worker), faults_of(worker), Instant::now());
        let mut waiting = std::collections::VecDeque::new();
        for _ in 0..requests {
            waiting.push_back(worker.invoke(request));
            if waiting.len() >= depth {
                assert_eq!(waiting.pop_front().unwrap().finish().await.status(), 200);
            }
        }
        for exchange in waiting {
            assert_eq!(exchange.finish().await.status(), 200);
        }
        costs.push((cpu_us(worker) - before) / requests as f64);
        rates.push(requests as f64 / began.elapsed().as_secs_f64());
        faults.push((faults_of(worker) - faulted) / requests as f64);
    }
    for list in [&mut costs, &mut rates, &mut faults] {
        list.sort_by(f64::total_cmp);
    }
    println!(
        "  depth {depth:>2}: p50 {:.1} us CPU a request (best {:.1}, worst {:.1}), {:.0} requests a second, {:.1} page faults a request",
        costs[ROUNDS / 2],
        costs[0],
        costs[ROUNDS - 1],
        rates[ROUNDS / 2],
        faults[ROUNDS / 2],
    );
}

/// CPU time of all threads of the worker, in microseconds: nanoseconds on the run queue, as the scheduler counts them.
fn cpu_us(worker: &Worker) -> f64 {
    let tasks = format!("/proc/{}/task", worker.process.0.id());
    let mut total = 0.0;
    for task in std::fs::read_dir(tasks).unwrap() {
        let Ok(text) = std::fs::read_to_string(task.unwrap().path().join("schedstat")) else { continue };
        total += text.split_whitespace().next().unwrap().parse::<f64>().unwrap();
    }
    total / 1_000.0
}

/// Minor page faults of the worker so far.
fn faults_of(worker: &Worker) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", worker.process.0.id())).unwrap();
    // After the name in parentheses, the eighth field.
    text.rsplit(')').next().unwrap().split_whitespace().nth(7).unwrap().parse().unwrap()
}
