//! What goes wrong in a JavaScript function ends its request alone, with a clear reason and the place in the source.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod harness;

use std::time::{Duration, Instant};

use harness::{Worker, get};
use types::RunLimits;
use wire::work::{Failure, Invoke, LogStream};

const SLACK: Duration = Duration::from_millis(100);

/// A worker with one function that does what the path names, and a neighbour that must not notice.
struct House {
    worker: Worker,
    wild: types::Digest,
    calm: types::Digest,
}

const WILD: &str = r#"
const ways = {
  loop() { while (true) {} },
  async asyncLoop() { for (;;) await null; },
  recurse() { return ways.recurse() + 1; },
  getters() { const o = { get x() { return this.x + 1; } }; return o.x; },
  json() { return JSON.parse("[".repeat(100000) + "]".repeat(100000)); },
  stringify() { let o = {}; for (let i = 0; i < 100000; i++) o = { o }; return JSON.stringify(o); },
  regexDeep() { return new RegExp("(".repeat(100000) + ")".repeat(100000)).test("x"); },
  source() { return eval("(".repeat(100000) + "1" + ")".repeat(100000)); },
  sourceUnary() { return eval("!".repeat(100000) + "1"); },
  sourceBlocks() { return eval("{".repeat(100000) + "}".repeat(100000)); },
  sourceArrays() { return eval("[".repeat(100000) + "]".repeat(100000)); },
  sourceFunctions() { return eval("()=>".repeat(100000) + "1"); },
  sourceElse() { return eval("if (0) ; else ".repeat(100000) + ";"); },
  toPrimitive() { const o = { toString() { return "" + o; } }; return String(o); },
  proxy() { let p = {}; for (let i = 0; i < 100000; i++) p = new Proxy(p, {}); return p.x; },
  sort() { const f = () => [2, 1].sort(f)[0]; return f(); },
  flat() { let a = []; for (let i = 0; i < 100000; i++) a = [a]; return a.flat(Infinity).length; },
  bind() { let f = () => 1; for (let i = 0; i < 4000; i++) f = f.bind(null); return f(); },
  regex() { return /^(a+)+$/.test("a".repeat(40) + "b"); },
  bigString() { return "x".repeat(2 ** 30); },
  hugeString() { return "x".repeat(2 ** 28).length + "y".repeat(2 ** 29).length; },
  memory() { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1)); },
  array() { return new Array(2 ** 27).fill(0); },
  objects() { const all = []; for (;;) all.push({ a: [1, 2, 3], b: "x" + all.length }); },
  never() { return new Promise(() => {}); },
  async waits() { const wait = (ms) => new Promise((r) => setTimeout(r, ms)); await wait(60000); },
  sleep() { return new Promise((r) => setTimeout(r, 60000)); },
  unhandled() { Promise.reject(new RangeError("nobody looks")); return new Response("sent"); },
  throws() { throw new TypeError("on purpose"); },
  throwsText() { throw "just text"; },
  throwsNothing() { throw undefined; },
  throwsUgly() { throw { toString() { throw new Error("inner"); } }; },
  throwsProxy() { throw new Proxy({}, { get() { throw new Error("inner"); } }); },
  throwsObject() { throw { code: 5, message: "m" }; },
  throwsNumber() { throw 42; },
  async rejectsText() { await null; throw "late text"; },
  slyStack() { const e = new Error("x"); Object.defineProperty(e, "stack", { get() { while (true) {} } }); throw e; },
  toText() { let a = []; for (let i = 0; i < 100000; i++) a = [a]; return String(a); },
  buffer() { return new ArrayBuffer(2 ** 30); },
  buffers() { return new Uint8Array(2 ** 31 - 1); },
  async awaits() { await new Promise(() => {}); return new Response("never"); },
  async awaitsDeep() { return await ways.awaits(); },
  async rejects() { await null; null.field; },
  timerThrows() { return new Promise(() => setTimeout(() => { throw new Error("in a timer"); }, 1)); },
  microtask() { queueMicrotask(() => { throw new Error("in a microtask"); }); return new Response("x"); },
  nothing() {},
  number() { return 42; },
  webassembly() { return new WebAssembly.Module(); },
  require() { return require("fs"); },
  timers() { for (let i = 0; i < 5000; i++) setTimeout(() => {}, 60000); },
  flood() { return new Response((async function* () { for (;;) yield "x".repeat(60000); })()); },
  large() { return new Response("x".repeat(4 << 20)); },
  headers() { return new Response("", { headers: { "x-a": "x".repeat(30000) } }); },
  streamFails() { return new Response((async function* () { yield "begun"; await new Promise((r) => setTimeout(r, 50)); throw new Error("halfway"); })()); },
  logs() { for (let i = 0; i < 20000; i++) console.log("line " + i + " ".repeat(50)); return new Response("all written"); },
  catches() { try { while (true) {} } catch { return new Response("caught"); } finally { while (true) {} } },
  catchesDeep() { const f = () => f(); try { f(); } catch (e) { return new Response("caught " + e.name); } },
  catchesMemory() { let n = 0; try { const all = []; for (;;) { all.push(new Uint8Array(1 << 20)); n++; } } catch (e) { return new Response("caught " + e.name); } },
};
export default { fetch(request) { return ways[new URL(request.url).pathname.slice(1)](); } };
"#;

impl House {
    async fn start() -> Self {
        let worker = Worker::start().await;
        let wild = worker.bring_js(WILD).await;
        let calm = worker.bring_js("export default { fetch() { return new Response('calm'); } };").await;
        Self { worker, wild, calm }
    }

    fn request(&self, way: &str, change: impl FnOnce(&mut RunLimits)) -> Invoke {
        let mut request = get(self.wild, &format!("/{way}"));
        change(&mut request.limits);
        request
    }

    async fn call(&self, way: &str, change: impl FnOnce(&mut RunLimits)) -> harness::Answer {
        let answer = self.worker.call(&self.request(way, change)).await;
        assert_eq!(self.worker.call(&get(self.calm, "/")).await.text(), "calm", "after {way}");
        answer
    }
}

/// The place of a way in the source: the line where its name is defined.
fn line_of(way: &str) -> String {
    let line =
        WILD.lines().position(|line| line.trim_start().trim_start_matches("async ").starts_with(&format!("{way}(")));
    format!("main.js:{}:", line.unwrap() + 1)
}

#[tokio::test]
async fn busy_functions_are_stopped_with_their_line_while_others_answer() {
    let house = House::start().await;
    house.call("throws", |_| ()).await;
    for way in ["loop", "asyncLoop", "regex", "catches"] {
        let busy = house.worker.invoke(&house.request(way, |limits| limits.cpu_ms = 200));
        let mut slowest = Duration::ZERO;
        for _ in 0..10 {
            let began = Instant::now();
            assert_eq!(house.worker.call(&get(house.calm, "/")).await.text(), "calm");
            slowest = slowest.max(began.elapsed());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let answer = busy.finish().await;
        assert_eq!(answer.limit(), "cpu_ms", "{way}");
        let Some(Failure::Limit { reason, .. }) = &answer.failure else { unreachable!() };
        assert!(reason.contains(&line_of(way)), "{way}: {reason}");
        let used = Duration::from_micros(answer.ended.unwrap().cpu_us);
        assert!(used >= Duration::from_millis(190) && used < Duration::from_millis(200) + SLACK, "{way}: {used:?}");
        assert!(slowest < SLACK, "{way}: another request waited {slowest:?}");
    }
}

#[tokio::test]
async fn depth_ends_in_an_error_with_its_line() {
    let house = House::start().await;
    for way in [
        "recurse",
        "getters",
        "json",
        "stringify",
        "regexDeep",
        "source",
        "sourceUnary",
        "sourceBlocks",
        "sourceArrays",
        "sourceFunctions",
        "sourceElse",
        "toPrimitive",
        "proxy",
        "sort",
        "flat",
        "bind",
        "toText",
    ] {
        let answer = house.call(way, |limits| (limits.cpu_ms, limits.memory_mib) = (5_000, 256)).await;
        let reason = answer.trap();
        // Not the machine's own stack: JavaScript's limit comes first, and can be caught.
        assert!(!reason.contains("call stack is full"), "{way}: {reason}");
        if !matches!(way, "proxy") {
            assert!(reason.contains(&line_of(way)) || reason.contains("main.js:"), "{way}: {reason}");
        }
    }
    assert_eq!(house.call("catchesDeep", |_| ()).await.text(), "caught RangeError");
}

#[tokio::test]
async fn memory_ends_in_its_limit_with_the_line() {
    let house = House::start().await;
    for way in ["memory", "array", "objects", "hugeString", "buffer", "buffers"] {
        let answer = house.call(way, |limits| (limits.memory_mib, limits.cpu_ms) = (32, 10_000)).await;
        assert_eq!(answer.limit(), "memory_mib", "{way}");
        let Some(Failure::Limit { reason, .. }) = &answer.failure else { unreachable!() };
        assert!(reason.contains("32 MiB") && reason.contains(&line_of(way)), "{way}: {reason}");
        assert!(answer.ended.unwrap().memory_bytes <= 32 << 20, "{way}");
    }
    assert!(house.call("bigString", |_| ()).await.trap().contains("invalid string length"));
    assert_eq!(house.call("catchesMemory", |limits| limits.memory_mib = 32).await.text(), "caught RangeError");
    assert!(house.worker.resident_kib() < 256 << 10, "{} KiB", house.worker.resident_kib());
}

#[tokio::test]
async fn what_never_settles_is_told_at_once_and_what_waits_by_wall_time() {
    let house = House::start().await;
    let answer = house.call("never", |_| ()).await;
    assert!(answer.trap().contains("never settles"), "{answer:?}");
    // A function that awaits nothing is named by where it begins.
    assert!(answer.trap().contains(" at main.js:"), "{answer:?}");
    for way in ["awaits", "awaitsDeep"] {
        let reason = house.call(way, |_| ()).await.trap().to_owned();
        assert!(reason.contains(&format!(" at {}", line_of("awaits"))), "{way}: {reason}");
    }
    assert!(answer.took < Duration::from_millis(500), "{:?}", answer.took);
    let answer = house.call("sleep", |limits| limits.wall_ms = 200).await;
    assert_eq!(answer.limit(), "wall_ms");
    assert!(answer.took < Duration::from_millis(200) + SLACK, "{:?}", answer.took);
    let answer = house.call("waits", |limits| limits.wall_ms = 200).await;
    let Some(Failure::Limit { limit, reason }) = &answer.failure else { panic!("{answer:?}") };
    assert!(limit == "wall_ms" && reason.contains(&format!("200 ms at {}", line_of("waits"))), "{reason}");
    assert!(answer.took < Duration::from_millis(200) + SLACK, "{:?}", answer.took);
}

#[tokio::test]
async fn errors_that_nobody_catches_name_their_place() {
    let house = House::start().await;
    for (way, words) in [
        ("throws", "uncaught TypeError: on purpose"),
        ("rejects", "uncaught TypeError"),
        ("unhandled", "unhandled rejection: RangeError: nobody looks"),
        ("timerThrows", "in a timer"),
        ("microtask", "in a microtask"),
        ("webassembly", "deploy a component"),
        ("require", "ES module"),
    ] {
        let answer = house.call(way, |_| ()).await;
        let reason = answer.trap();
        assert!(reason.contains(words) && reason.contains(&line_of(way)), "{way}: {reason}");
        assert!(answer.head.is_none(), "{way}");
        let trace: Vec<_> = answer.logs.iter().filter(|log| log.stream == LogStream::Stderr).collect();
        assert!(trace.iter().any(|log| log.text.contains(&line_of(way))), "{way}: {trace:?}");
        assert!(trace.iter().all(|log| !log.text.contains("serviceful:")), "{way}: {trace:?}");
    }
    // What is no Error has no stack: its content is shown, with the place where it was thrown.
    for (way, words) in [
        ("throwsText", "uncaught just text"),
        ("throwsNothing", "uncaught undefined"),
        ("throwsNumber", "uncaught 42"),
        ("throwsObject", "uncaught { code: 5, message: \"m\" }"),
        ("throwsUgly", "uncaught { toString: [Function toString] }"),
        ("throwsProxy", "uncaught [Proxy]"),
        ("rejectsText", "uncaught late text"),
    ] {
        let answer = house.call(way, |_| ()).await;
        let reason = answer.trap();
        assert!(reason.contains(words) && reason.contains(&format!(" at {}", line_of(way))), "{way}: {reason}");
    }
    // What reads the error may be the function's own code; it does not hide that the time is used up.
    assert_eq!(house.call("slyStack", |limits| limits.cpu_ms = 200).await.limit(), "cpu_ms");
    for way in ["nothing", "number"] {
        match house.call(way, |_| ()).await.failure {
            Some(Failure::BadResponse { reason }) => {
                assert!(reason.contains("not a Response at main.js:"), "{way}: {reason}");
            }
            other => panic!("{way}: {other:?}"),
        }
    }
    let answer = house.call("streamFails", |_| ()).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.trap().contains("halfway") && answer.trailers.is_none(), "{answer:?}");
}

#[tokio::test]
async fn output_is_bounded() {
    let house = House::start().await;
    for way in ["flood", "large"] {
        let answer = house.call(way, |limits| (limits.response_kib, limits.cpu_ms) = (2_048, 10_000)).await;
        assert_eq!(answer.limit(), "response_kib", "{way}");
        assert!(answer.body.len() <= 2 << 20 && answer.trailers.is_none(), "{way}");
    }
    assert_eq!(house.call("headers", |_| ()).await.limit(), "header_bytes");
    assert_eq!(house.call("timers", |_| ()).await.limit(), "resources");
    let answer = house.call("logs", |limits| limits.log_bytes_per_second = 8_192).await;
    assert_eq!(answer.text(), "all written");
    let bytes: usize = answer.logs.iter().map(|log| log.text.len()).sum();
    assert!(bytes > 4_096 && bytes <= 8_192 * 4, "{bytes}");
    assert!(answer.ended.unwrap().log_bytes_dropped > 1 << 19);
}

#[tokio::test]
async fn a_tight_memory_limit_is_found_by_a_probe() {
    let house = House::start().await;
    match house.worker.probe(house.calm, RunLimits { memory_mib: 1, ..RunLimits::default() }).await {
        wire::work::Loaded::Broken { reason } => assert!(reason.contains("memory_mib"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ordinary_depth_is_no_problem() {
    let worker = Worker::start().await;
    let answer = worker
        .js("const down = (n) => n === 0 ? 0 : 1 + down(n - 1); let o = {}; for (let i = 0; i < 3000; i++) o = { o };
             return new Response([down(2500), eval('('.repeat(400) + '[{a:'.repeat(200) + '1' + '}]'.repeat(200) + ')'.repeat(400)).length, JSON.stringify(o).length, JSON.parse('['.repeat(5000) + ']'.repeat(5000)).length].join());")
        .await;
    assert_eq!((answer.failure.clone(), answer.text().as_str()), (None, "2500,1,18002,1"));
}

#[tokio::test]
async fn what_was_freed_is_used_for_other_sizes_and_nothing_overlaps() {
    let worker = Worker::start().await;
    let source = r#"
export default { fetch(request) {
  if (new URL(request.url).pathname === "/growing") {
    // 300 MiB in all, 24 at once.
    for (let size = 1; size <= 24; size++) new Uint8Array(size << 20).fill(1);
    return new Response("done");
  }
  let seed = 7;
  const roll = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) % n; };
  const held = [];
  for (let turn = 0; turn < 1500; turn++) {
    if (held.length < 12 && (held.length === 0 || roll(5) < 3)) {
      const bytes = new Uint8Array(1000 + roll(1 << 20)).fill(turn);
      held.push([bytes, turn & 255]);
      continue;
    }
    const [[bytes, mark]] = held.splice(roll(held.length), 1);
    for (let at = 0; at < bytes.length; at += 997) {
      if (bytes[at] !== mark) return new Response(`turn ${turn}: ${bytes[at]} at ${at} of ${bytes.length}`);
    }
  }
  return new Response("sound");
} };"#;
    let component = worker.bring_js(source).await;
    for (path, said) in [("/growing", "done"), ("/", "sound")] {
        let answer = worker
            .call(&Invoke { limits: RunLimits { cpu_ms: 10_000, ..RunLimits::default() }, ..get(component, path) })
            .await;
        assert_eq!((answer.failure.as_ref(), answer.text().as_str()), (None, said), "{path}");
    }
}
