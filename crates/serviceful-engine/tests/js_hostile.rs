//! Attacks on what the Web's and Node's interfaces offer: each ends its own request, with a clear reason, and no other.

mod harness;

use std::time::Duration;

use harness::{Answer, Worker, get};
use types::{Digest, RunLimits};

const WILD: &str = r#"
import zlib from "node:zlib";
import { EventEmitter } from "node:events";
import process from "node:process";
const zeros = new Uint8Array(1 << 16);
const endless = () => new ReadableStream({ pull(controller) { controller.enqueue(zeros.slice()); } });
const ways = {
  // A small input that unfolds without end.
  async bomb() { return Response.json((await new Response(endless().pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"))).arrayBuffer()).byteLength); },
  async bombRead() { let n = 0; for await (const piece of endless().pipeThrough(new CompressionStream("deflate")).pipeThrough(new DecompressionStream("deflate"))) n += piece.length; return Response.json(n); },
  zlibBomb() { const packed = zlib.gzipSync(new Uint8Array(8 << 20)); try { zlib.gunzipSync(packed, { maxOutputLength: 1 << 20 }); } catch (error) { return new Response(error.code); } },
  codecs() { const all = []; for (;;) all.push(new CompressionStream("gzip")); },
  pattern() { return new URLPattern({ pathname: "/:a".repeat(1e6) }); },
  patternDeep() { return new URLPattern({ pathname: "{".repeat(10000) }); },
  patternRegex() { return Response.json(new URLPattern({ pathname: "/((?:a+)+)b" }).test({ pathname: "/" + "a".repeat(60) })); },
  async drain() { return new Response(await new Response(endless()).text()); },
  async tee() { const [a] = endless().tee(); for await (const _ of a); },
  async pipe() { await endless().pipeTo(new WritableStream()); },
  async pullLoop() { for await (const _ of new ReadableStream({ type: "bytes", pull(c) { c.byobRequest ? c.byobRequest.respond(1) : c.enqueue(new Uint8Array(1)); } })); },
  deep() { let o = {}; for (let i = 0; i < 100000; i++) o = { o }; return structuredClone(o); },
  deepMap() { let o = new Map(); for (let i = 0; i < 100000; i++) o = new Map([[1, o]]); return structuredClone(o); },
  cyclic() { const o = []; for (let i = 0; i < 1000; i++) o.push(o); const copy = structuredClone(o); return Response.json([copy.length, copy[999] === copy]); },
  wide() { const all = [Array(1e5).fill("x".repeat(100))]; for (;;) all.push(structuredClone(all)); },
  messages() { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => port1.postMessage(0); port2.onmessage = () => port2.postMessage(0); port1.postMessage(0); return new Promise(() => {}); },
  messageFlood() { const { port1, port2 } = new MessageChannel(); port2.onmessage = () => {}; for (;;) port1.postMessage(zeros); },
  rejections() { addEventListener("unhandledrejection", (event) => { event.preventDefault(); Promise.reject(1); }); Promise.reject(0); return new Promise(() => {}); },
  errors() { addEventListener("error", () => { throw new Error("again"); }); reportError(new Error("first")); return new Response(); },
  listeners() { const target = new EventTarget(); target.addEventListener("x", () => target.dispatchEvent(new Event("x"))); target.dispatchEvent(new Event("x")); return new Response("x"); },
  emitter() { const e = new EventEmitter(); e.on("x", () => e.emit("x")); e.emit("x"); },
  ticks() { const again = () => process.nextTick(again); again(); return new Promise(() => {}); },
  exit() { process.exit(0); },
  inspect() { const nest = (n) => n ? Array.from({ length: 100 }, () => nest(n - 1)) : 1; console.log(nest(3), new Proxy({}, { get() { throw new Error("trap"); }, ownKeys() { throw new Error("trap"); } })); return new Response("shown"); },
  label() { return new TextDecoder("x".repeat(2 << 20)); },
  decode() { const text = new TextDecoder("gb18030").decode(new Uint8Array(4 << 20).fill(0x81)); return new Response(String(text.length > 0)); },
  form() { return new Response("--B\r\n" + "x".repeat(1 << 20), { headers: { "content-type": "multipart/form-data; boundary=B" } }).formData(); },
  formMany() { return new Response("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(20000) + "--B--", { headers: { "content-type": "multipart/form-data; boundary=B" } }).formData().then((f) => Response.json([...f].length)); },
  headers() { const h = new Headers(); for (let i = 0; ; i++) h.append("x-" + i, "v".repeat(1000)); },
  abort() { let signal = AbortSignal.abort(); for (let i = 0; i < 100000; i++) signal = AbortSignal.any([signal]); return new Response(String(signal.aborted)); },
  abortChain() { const first = new AbortController(); let signal = first.signal; for (let i = 0; i < 3000; i++) signal = AbortSignal.any([signal]); first.abort(); return new Response(String(signal.aborted)); },
};
export default { fetch(request) { return ways[new URL(request.url).pathname.slice(1)](); } };
"#;

struct House {
    worker: Worker,
    wild: Digest,
    calm: Digest,
}

impl House {
    async fn start() -> Self {
        let worker = Worker::start().await;
        let wild = worker.bring_js(WILD).await;
        let calm = worker.bring_js("export default { fetch() { return new Response('calm'); } };").await;
        Self { worker, wild, calm }
    }

    async fn call(&self, way: &str, change: impl FnOnce(&mut RunLimits)) -> Answer {
        let mut request = get(self.wild, &format!("/{way}"));
        change(&mut request.limits);
        let answer = self.worker.call(&request).await;
        assert_eq!(self.worker.call(&get(self.calm, "/")).await.text(), "calm", "after {way}");
        answer
    }
}

#[tokio::test]
async fn what_unfolds_or_never_ends_reaches_a_limit_of_its_own_request() {
    let house = House::start().await;
    let tight = |limits: &mut RunLimits| (limits.memory_mib, limits.cpu_ms, limits.wall_ms) = (48, 3_000, 20_000);
    for way in ["bomb", "drain", "tee", "wide", "messageFlood", "headers", "codecs"] {
        let answer = house.call(way, tight).await;
        assert!(["memory_mib", "cpu_ms"].contains(&answer.limit().as_str()), "{way}: {answer:?}");
        assert!(answer.ended.unwrap().memory_bytes <= 48 << 20, "{way}");
    }
    for way in ["bombRead", "pipe", "pullLoop", "patternRegex", "rejections", "ticks"] {
        let answer = house.call(way, |limits| limits.cpu_ms = 300).await;
        assert_eq!(answer.limit(), "cpu_ms", "{way}: {answer:?}");
        assert!(answer.ended.unwrap().cpu_us < 500_000, "{way}: {answer:?}");
    }
    let answer = house.call("messages", |limits| (limits.wall_ms, limits.cpu_ms) = (400, 300)).await;
    assert!(["wall_ms", "cpu_ms"].contains(&answer.limit().as_str()), "{answer:?}");
    assert!(answer.took < Duration::from_secs(2), "{:?}", answer.took);
    assert!(house.worker.resident_kib() < 256 << 10, "{} KiB", house.worker.resident_kib());
}

#[tokio::test]
async fn what_is_too_much_at_once_is_an_error_that_says_so() {
    let house = House::start().await;
    for (way, words) in [
        ("pattern", "too long"),
        ("patternDeep", "no URL pattern"),
        ("deep", "RangeError"),
        ("deepMap", "RangeError"),
        ("listeners", "RangeError"),
        ("emitter", "RangeError"),
        ("errors", "again"),
        ("exit", "a function is no process"),
        ("label", "no encoding"),
        ("form", "breaks off"),
    ] {
        let answer = house.call(way, |limits| (limits.cpu_ms, limits.memory_mib) = (5_000, 128)).await;
        assert!(answer.trap().contains(words), "{way}: {answer:?}");
    }
    for (way, text) in [
        ("zlibBomb", "ERR_BUFFER_TOO_LARGE"),
        ("cyclic", "[1000,true]"),
        ("decode", "true"),
        ("formMany", "20000"),
        ("abort", "true"),
        ("abortChain", "true"),
        ("inspect", "shown"),
    ] {
        let answer = house.call(way, |limits| (limits.cpu_ms, limits.memory_mib) = (10_000, 128)).await;
        assert_eq!((answer.failure.clone(), answer.text().as_str()), (None, text), "{way}");
    }
}
