// Behaviour of the Web's interfaces: each check throws when it does not hold, and the answer lists what did not.
const checks = [];
const check = (name, run) => checks.push([name, run]);
const same = (found, wanted) => {
  const text = (value) => JSON.stringify(value, (_, v) => typeof v === "bigint" ? `${v}n` : v === undefined ? "undefined" : v);
  if (text(found) !== text(wanted)) throw new Error(`${text(found)} instead of ${text(wanted)}`);
};
const throws = (run, type) => {
  try { run(); } catch (error) {
    if (type && (typeof type === "string" ? error.name !== type : !(error instanceof type))) throw new Error(`threw ${error}`);
    return;
  }
  throw new Error("did not throw");
};
const rejects = async (promise, type) => {
  try { await promise; } catch (error) {
    if (type && (typeof type === "string" ? error.name !== type : !(error instanceof type))) throw new Error(`rejected with ${error}`);
    return;
  }
  throw new Error("did not reject");
};
const enc = new TextEncoder(), dec = new TextDecoder();

for (const name of ["AbortController", "AbortSignal", "Blob", "Crypto", "CustomEvent", "DOMException", "Event", "EventTarget",
  "File", "FormData", "Headers", "ReadableStream", "Request", "Response", "TextDecoder", "TextEncoder", "TransformStream",
  "TextDecoderStream", "TextEncoderStream", "URL", "URLSearchParams", "WritableStream", "atob", "btoa", "clearInterval",
  "clearTimeout", "console", "crypto", "fetch", "performance", "queueMicrotask", "self", "setInterval", "setTimeout",
  "structuredClone"]) {
  check(`global ${name}`, () => same(typeof globalThis[name] !== "undefined" && !Object.keys(globalThis).includes(name), true));
}
check("engine words stay inside", () => {
  for (const name of ["host", "shared", "natives", "std", "os", "print"]) same(typeof globalThis[name], "undefined");
});

check("URL parts", () => {
  const u = new URL("HTTPS://user:pa%20ss@Exämple.com:8443/a/../b c?x=1&y=%20#frag");
  same([u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash],
    ["https://user:pa%20ss@xn--exmple-cua.com:8443/b%20c?x=1&y=%20#frag", "https://xn--exmple-cua.com:8443", "https:", "user",
     "pa%20ss", "xn--exmple-cua.com:8443", "xn--exmple-cua.com", "8443", "/b%20c", "?x=1&y=%20", "#frag"]);
  same(new URL("//x/y", "http://a/b").href, "http://x/y");
  same(String(new URL("?q", "http://a/b/c")), "http://a/b/c?q");
  throws(() => new URL("not a url"), TypeError);
  same([URL.canParse("/x"), URL.canParse("/x", "http://a")], [false, true]);
  same(URL.parse("nope"), null);
});
check("URL setters", () => {
  const u = new URL("http://a/b?c#d");
  u.pathname = "/x y"; u.search = "q=1"; u.hash = ""; u.port = "81"; u.hostname = "h"; u.protocol = "https";
  same(u.href, "https://h:81/x%20y?q=1");
  u.port = "nonsense";
  same(u.port, "81");
  u.searchParams.append("z", "ä&");
  same(u.search, "?q=1&z=%C3%A4%26");
  u.search = "?only=1";
  same([...u.searchParams], [["only", "1"]]);
  u.href = "http://new/?n=2";
  same(u.searchParams.get("n"), "2");
  throws(() => { u.href = "bad"; }, TypeError);
});
check("URLSearchParams", () => {
  const p = new URLSearchParams("?a=1&b=2&a=3&c");
  same([p.get("a"), p.getAll("a"), p.get("none"), p.has("c"), p.has("a", "3"), p.has("a", "9"), p.size], ["1", ["1", "3"], null, true, true, false, 4]);
  p.set("a", "x"); p.delete("b"); p.append("d", " +");
  same(p.toString(), "a=x&c=&d=+%2B");
  p.sort();
  same([...p.keys()], ["a", "c", "d"]);
  same(new URLSearchParams({ k: "v", n: 1 }).toString(), "k=v&n=1");
  same(new URLSearchParams([["a", "b"], ["a", "c"]]).toString(), "a=b&a=c");
  throws(() => new URLSearchParams([["a"]]), TypeError);
  same(new URLSearchParams("x=\ud800").get("x"), "\ufffd");
});

check("Headers", () => {
  const h = new Headers({ "Content-Type": "text/plain", "X-B": " spaced " });
  h.append("x-a", "1"); h.append("X-A", "2");
  same([...h], [["content-type", "text/plain"], ["x-a", "1, 2"], ["x-b", "spaced"]]);
  same([h.get("X-A"), h.get("none"), h.has("x-B")], ["1, 2", null, true]);
  h.set("x-a", "3"); h.delete("x-b");
  same([...h.keys()], ["content-type", "x-a"]);
  h.append("set-cookie", "a=1"); h.append("set-cookie", "b=2");
  same(h.getSetCookie(), ["a=1", "b=2"]);
  same([...h].filter(([n]) => n === "set-cookie").length, 2);
  throws(() => h.set("bad name", "x"), TypeError);
  throws(() => h.set("x", "a\r\nb: c"), TypeError);
  throws(() => h.set("x", "\u0100"), TypeError);
  same(new Headers([["a", "b"]]).get("A"), "b");
  same(new Headers(h).get("x-a"), "3");
});

check("Response", async () => {
  const r = new Response("hi", { status: 201, statusText: "Made", headers: { "x-a": "b" } });
  same([r.status, r.ok, r.statusText, r.headers.get("content-type"), r.bodyUsed], [201, true, "Made", "text/plain;charset=UTF-8", false]);
  const copy = r.clone();
  same([await r.text(), r.bodyUsed, await copy.text()], ["hi", true, "hi"]);
  await rejects(r.text(), TypeError);
  same(await Response.json({ a: [1] }).json(), { a: [1] });
  same(Response.json(1).headers.get("content-type"), "application/json");
  same([Response.redirect("/x", 301).status, Response.redirect("/x").headers.get("location")], [301, "http://coffee.localhost:8080/x"]);
  throws(() => new Response("x", { status: 204 }), TypeError);
  throws(() => new Response("x", { status: 99 }), RangeError);
  same(new Response(null, { status: 204 }).body, null);
  same([...new Uint8Array(await new Response(new Uint8Array([1, 2, 3])).arrayBuffer())], [1, 2, 3]);
  same(new Response(new URLSearchParams("a=b")).headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8");
  same(Object.prototype.toString.call(new Response()), "[object Response]");
});
check("Request", async () => {
  const r = new Request("http://a/b", { method: "post", body: "x=1", headers: { "content-type": "application/x-www-form-urlencoded" } });
  same([r.method, r.url, r.signal.aborted], ["POST", "http://a/b", false]);
  same([...await r.formData()], [["x", "1"]]);
  throws(() => new Request("http://a/", { body: "x" }), TypeError);
  throws(() => new Request("relative"), TypeError);
  const again = new Request(new Request("http://a/", { headers: { a: "b" } }), { method: "PUT", body: "{}" });
  same([again.method, again.headers.get("a"), await again.json()], ["PUT", "b", {}]);
});
check("the request that came in", (request) => {
  same([request.method, request.url, request.headers.get("accept")], ["GET", "http://coffee.localhost:8080/path?x=1", "*/*"]);
  throws(() => request.headers.set("a", "b"), TypeError);
  same([request.body, request.bodyUsed], [null, false]);
});
check("forms", async () => {
  const form = new FormData();
  form.append("text", "ä\nb"); form.append("file", new File(["data"], 'q".txt', { type: "text/plain" }));
  const body = new Response(form);
  const parsed = await new Response(await body.clone().arrayBuffer(), { headers: { "content-type": body.headers.get("content-type") } }).formData();
  same(parsed.get("text"), "ä\r\nb");
  const file = parsed.get("file");
  same([file.name, file.type, await file.text(), file instanceof File], ['q".txt', "text/plain", "data", true]);
  await rejects(new Response("x").formData(), TypeError);
});
check("Blob", async () => {
  const b = new Blob(["ab", new Uint8Array([99]), new Blob(["d"])], { type: "Text/Plain" });
  same([b.size, b.type, await b.text(), await b.slice(1, 3).text()], [4, "text/plain", "abcd", "bc"]);
  same(await new Response(b.stream()).text(), "abcd");
});

check("text codecs", () => {
  same([...enc.encode("aä€😀\ud800")], [97, 195, 164, 226, 130, 172, 240, 159, 152, 128, 239, 191, 189]);
  same(dec.decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])), "a\ufffd");
  throws(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])), TypeError);
  const streaming = new TextDecoder();
  same(streaming.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + streaming.decode(new Uint8Array([0xac])), "€");
  same(new TextDecoder("utf-16le").decode(new Uint8Array([0x61, 0, 0x3d, 0xd8, 0, 0xde])), "a😀");
  throws(() => new TextDecoder("klingon"), RangeError);
  const to = new Uint8Array(4);
  same([enc.encodeInto("a€ä", to), [...to]], [{ read: 2, written: 4 }, [97, 226, 130, 172]]);
});
check("base64", () => {
  same([btoa("hello"), atob("aGVsbG8="), atob(" aGVs bG8 ")], ["aGVsbG8=", "hello", "hello"]);
  throws(() => btoa("ä€"), "InvalidCharacterError");
  throws(() => atob("a"), "InvalidCharacterError");
});

check("structuredClone", () => {
  const a = { d: new Date(5), m: new Map([[1, { x: 1 }]]), s: new Set([1]), u: new Uint8Array([1, 2]), r: /x/gi, n: null, e: new RangeError("no") };
  a.self = a;
  const b = structuredClone(a);
  same([b !== a, b.self === b, b.d.getTime(), b.m.get(1).x, b.s.has(1), [...b.u], String(b.r), b.e instanceof RangeError, b.e.message],
    [true, true, 5, 1, true, [1, 2], "/x/gi", true, "no"]);
  throws(() => structuredClone(() => 1), "DataCloneError");
  throws(() => structuredClone(new Response()), "DataCloneError");
  const buffer = new ArrayBuffer(4);
  structuredClone(buffer, { transfer: [buffer] });
  same(buffer.detached, true);
});
check("events", () => {
  const target = new EventTarget(), seen = [];
  target.addEventListener("x", (e) => seen.push(e.type), { once: true });
  target.addEventListener("x", { handleEvent(e) { seen.push(e.detail); e.preventDefault(); } });
  same(target.dispatchEvent(new CustomEvent("x", { detail: 7, cancelable: true })), false);
  target.dispatchEvent(new Event("x"));
  same(seen, ["x", 7, undefined]);
});
check("abort", async () => {
  const c = new AbortController();
  let seen = 0;
  c.signal.addEventListener("abort", () => seen++);
  c.abort(); c.abort();
  same([c.signal.aborted, c.signal.reason.name, seen], [true, "AbortError", 1]);
  throws(() => c.signal.throwIfAborted(), "AbortError");
  same(AbortSignal.abort(5).reason, 5);
  const late = AbortSignal.timeout(1);
  await new Promise((resolve) => late.addEventListener("abort", resolve));
  same(late.reason.name, "TimeoutError");
  same(AbortSignal.any([new AbortController().signal, AbortSignal.abort("x")]).reason, "x");
  throws(() => new AbortSignal(), TypeError);
});
check("timers", async () => {
  const order = [];
  await new Promise((done) => {
    setTimeout(() => order.push("b"), 4);
    setTimeout((x) => order.push(x), 0, "a");
    const off = setTimeout(() => order.push("never"), 2);
    clearTimeout(off);
    let n = 0;
    const every = setInterval(() => { order.push("i"); if (++n === 2) { clearInterval(every); setTimeout(done, 8); } }, 1);
    queueMicrotask(() => order.push("micro"));
    Promise.resolve().then(() => order.push("then"));
  });
  same(order.slice(0, 3), ["micro", "then", "a"]);
  same([order.filter((x) => x === "i").length, order.includes("b"), order.includes("never")], [2, true, false]);
});
check("time", async () => {
  const a = performance.now(), d = Date.now();
  await new Promise((r) => setTimeout(r, 5));
  same([performance.now() - a >= 4, Date.now() - d >= 4, Date.now() > 1.7e12, Math.abs(new Date().getTime() - Date.now()) < 50], [true, true, true, true]);
  same(new Date().getTimezoneOffset(), 0);
});
check("crypto", () => {
  const a = crypto.getRandomValues(new Uint8Array(16)), b = crypto.getRandomValues(new Uint32Array(4));
  same([a.some((x) => x), b.some((x) => x)], [true, true]);
  same(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), true);
  throws(() => crypto.getRandomValues(new Uint8Array(65537)), "QuotaExceededError");
  throws(() => crypto.getRandomValues(new Float64Array(1)), "TypeMismatchError");
  const r = Array.from({ length: 1000 }, Math.random);
  same([r.every((x) => x >= 0 && x < 1), new Set(r).size, r.some((x) => x > 0.9) && r.some((x) => x < 0.1)], [true, 1000, true]);
});

check("readable streams", async () => {
  const s = new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } });
  const [x, y] = s.tee();
  const all = async (stream) => { const out = []; for await (const chunk of stream) out.push(chunk); return out; };
  same([await all(x), await all(y)], [["a", "b"], ["a", "b"]]);
  const r = ReadableStream.from([1, 2]).getReader();
  same([await r.read(), await r.read(), await r.read()], [{ done: false, value: 1 }, { done: false, value: 2 }, { done: true, value: undefined }]);
  let canceled;
  await new ReadableStream({ cancel(why) { canceled = why; } }).cancel("why");
  same(canceled, "why");
  const bad = new ReadableStream({ pull() { throw new RangeError("x"); } });
  await rejects(bad.getReader().read(), RangeError);
  const locked = new ReadableStream();
  locked.getReader();
  throws(() => locked.getReader(), TypeError);
});
check("transform and pipe", async () => {
  const up = new TransformStream({ transform(chunk, c) { c.enqueue(chunk.toUpperCase()); }, flush(c) { c.enqueue("!"); } });
  same(await new Response(ReadableStream.from(["a", "b"]).pipeThrough(up).pipeThrough(new TextEncoderStream())).text(), "AB!");
  const got = [];
  await ReadableStream.from([1, 2, 3]).pipeTo(new WritableStream({ write(chunk) { got.push(chunk); } }));
  same(got, [1, 2, 3]);
  const text = ReadableStream.from([new Uint8Array([0xe2]), new Uint8Array([0x82, 0xac])]).pipeThrough(new TextDecoderStream());
  const out = []; for await (const t of text) out.push(t);
  same(out.join(""), "€");
  await rejects(ReadableStream.from([1]).pipeTo(new WritableStream({ write() { throw new RangeError("full"); } })), RangeError);
});
check("fetch is refused", async () => { await rejects(fetch("http://10.0.0.1/"), TypeError); });
check("what is absent", () => {
  for (const name of ["WebAssembly", "require", "process", "Buffer", "XMLHttpRequest", "localStorage"]) same(typeof globalThis[name], "undefined");
});
check("language", async () => {
  same([[3, 1, 2].toSorted(), Object.groupBy([1, 2, 3], (x) => x % 2 ? "o" : "e"), 2n ** 70n, "x".at(-1), /(?<y>\d+)/u.exec("a12").groups.y],
    [[1, 2, 3], { o: [1, 3], e: [2] }, 1180591620717411303424n, "x", "12"]);
  class A { #p = 1; static s = 2; get p() { return this.#p; } }
  same([new A().p, A.s], [1, 2]);
  async function* g() { yield 1; yield 2; }
  const out = []; for await (const x of g()) out.push(x);
  same(out, [1, 2]);
  same(new Function("a", "return a + 1")(1), 2);
});

export default {
  async fetch(request) {
    const failed = [];
    for (const [name, run] of checks) {
      try { await run(request); } catch (error) { failed.push(`${name}: ${error?.message ?? error}\n${error?.stack ?? ""}`); }
    }
    return new Response(failed.length ? failed.join("\n") : `all ${checks.length} hold`);
  },
};
