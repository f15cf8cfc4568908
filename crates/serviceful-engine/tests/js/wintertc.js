// The Minimum Common Web API (ECMA-429, edition of 2025), entry by entry: each has a check of what it does. The answer is JSON:
// what holds, what failed, and what is absent on purpose.
const same = (found, wanted) => {
  const text = (value) => JSON.stringify(value, (_, v) => typeof v === "bigint" ? `${v}n` : v === undefined ? "undefined" : v);
  if (text(found) !== text(wanted)) throw new Error(`${text(found)} instead of ${text(wanted)}`);
};
const thrown = (run) => { try { run(); } catch (error) { return error.name; } return "nothing"; };
const rejected = async (promise) => { try { await promise; } catch (error) { return error?.name ?? error; } return "nothing"; };
const bytes = (...list) => new Uint8Array(list);
const collect = async (stream) => { const out = []; for await (const chunk of stream) out.push(chunk); return out; };
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const through = async (stream, data) => new Response(new Blob([data]).stream().pipeThrough(stream)).bytes();

const INTERFACES = {
  AbortController: () => { const c = new AbortController(); c.abort("why"); same([c.signal.aborted, c.signal.reason], [true, "why"]); },
  AbortSignal: async () => {
    let seen = 0;
    const c = new AbortController(), any = AbortSignal.any([c.signal]);
    any.onabort = () => seen++;
    c.abort();
    same([any.aborted, any.reason.name, any.reason === c.signal.reason, seen, thrown(() => any.throwIfAborted())], [true, "AbortError", true, 1, "AbortError"]);
    same([thrown(() => new AbortSignal()), AbortSignal.abort().reason.name], ["TypeError", "AbortError"]);
    const late = AbortSignal.timeout(1);
    await new Promise((resolve) => late.addEventListener("abort", resolve));
    same(late.reason.name, "TimeoutError");
    let trusted; const own = new AbortController(); own.signal.onabort = (event) => { trusted = event.isTrusted; }; own.abort();
    let told; const target = new EventTarget(); target.addEventListener("x", (event) => { told = event.isTrusted; }); target.dispatchEvent(new Event("x"));
    same([trusted, told], [true, false]);
  },
  Blob: async () => {
    const b = new Blob(["a€", bytes(1, 2), new Blob(["z"])], { type: "TEXT/x" });
    same([b.size, b.type, await b.slice(0, 4).text(), (await b.arrayBuffer()).byteLength, (await b.bytes()).length], [7, "text/x", "a€", 7, 7]);
    same(b.slice(-1).size, 1);
    for (const bad of ["abc", 5, {}, null, true]) same([bad, thrown(() => new Blob(bad))], [bad, "TypeError"]);
    same([await new Blob(["a\r\nb\rc\n"], { endings: "native" }).text(), await new Blob(["a\r\n"]).text(), thrown(() => new Blob([], { endings: "x" })), new Blob(new Set(["a"]), null).size], ["a\nb\nc\n", "a\r\n", "TypeError", 1]);
    const reader = b.stream().getReader({ mode: "byob" });
    same((await reader.read(new Uint8Array(3))).value.length, 3);
  },
  ByteLengthQueuingStrategy: () => { const s = new ByteLengthQueuingStrategy({ highWaterMark: 5 }); same([s.highWaterMark, s.size(bytes(1, 2, 3))], [5, 3]); },
  CompressionStream: async () => {
    const text = "coffee ".repeat(10000);
    for (const format of ["gzip", "deflate", "deflate-raw"]) {
      const packed = await through(new CompressionStream(format), text);
      same([packed.length < 1000, await new Response(await through(new DecompressionStream(format), packed)).text() === text], [true, true]);
    }
    same([thrown(() => new CompressionStream("zip")), [...(await through(new CompressionStream("gzip"), "")).subarray(0, 3)]], ["TypeError", [31, 139, 8]]);
    same(await rejected(collect(ReadableStream.from(["text"]).pipeThrough(new CompressionStream("gzip")))), "TypeError");
  },
  CountQueuingStrategy: () => { const s = new CountQueuingStrategy({ highWaterMark: 3 }); same([s.highWaterMark, s.size("long")], [3, 1]); },
  Crypto: () => same([crypto instanceof Crypto, Object.prototype.toString.call(crypto)], [true, "[object Crypto]"]),
  CustomEvent: () => { const e = new CustomEvent("x", { detail: 7, cancelable: true }); e.preventDefault(); same([e.type, e.detail, e.defaultPrevented, e instanceof Event], ["x", 7, true, true]); },
  DecompressionStream: async () => {
    const gzip = await through(new CompressionStream("gzip"), "hello");
    same(await rejected(through(new DecompressionStream("gzip"), gzip.slice(0, -3))), "TypeError");
    same(await rejected(through(new DecompressionStream("gzip"), bytes(...gzip, 0))), "TypeError");
    const bad = gzip.slice(); bad[gzip.length - 6] ^= 1;
    same([await rejected(through(new DecompressionStream("gzip"), bad)), await rejected(through(new DecompressionStream("gzip"), "plain"))], ["TypeError", "TypeError"]);
    // One byte at a time.
    const slow = new DecompressionStream("gzip"), writer = slow.writable.getWriter();
    (async () => { for (const byte of gzip) await writer.write(bytes(byte)); await writer.close(); })();
    same(await new Response(slow.readable).text(), "hello");
  },
  DOMException: () => {
    const e = new DOMException("m", "NotFoundError");
    same([e.name, e.message, e.code, e instanceof Error, DOMException.ABORT_ERR, new DOMException().name, new DOMException("x", "DataCloneError").code], ["NotFoundError", "m", 8, true, 20, "Error", 25]);
  },
  ErrorEvent: () => { const e = new ErrorEvent("error", { message: "m", lineno: 3, error: 4 }); same([e.message, e.filename, e.lineno, e.colno, e.error], ["m", "", 3, 0, 4]); },
  Event: () => {
    const e = new Event("x", { bubbles: true });
    same([e.type, e.bubbles, e.cancelable, e.composed, e.isTrusted, e.target, e.eventPhase, Event.AT_TARGET, typeof e.timeStamp, e.composedPath()], ["x", true, false, false, false, null, 0, 2, "number", []]);
    e.preventDefault();
    same([e.defaultPrevented, thrown(() => new Event())], [false, "TypeError"]);
  },
  EventTarget: () => {
    const t = new EventTarget(), seen = [], gone = new AbortController();
    t.addEventListener("x", (e) => seen.push(e.target === t && e.currentTarget === t && e.eventPhase), { once: true });
    t.addEventListener("x", { handleEvent() { seen.push("object"); } }, { signal: gone.signal });
    t.addEventListener("x", (e) => { e.preventDefault(); }, { passive: true });
    same([t.dispatchEvent(new Event("x", { cancelable: true })), seen], [true, [2, "object"]]);
    gone.abort();
    t.dispatchEvent(new Event("x"));
    same([seen.length, thrown(() => t.dispatchEvent({}))], [2, "TypeError"]);
    const e = new Event("y");
    t.addEventListener("y", () => seen.push(thrown(() => t.dispatchEvent(e))));
    t.addEventListener("y", (event) => event.stopImmediatePropagation());
    t.addEventListener("y", () => seen.push("never"));
    t.dispatchEvent(e);
    same(seen.at(-1), "InvalidStateError");
  },
  File: () => { const f = new File(["ab"], "n.txt", { type: "a/b", lastModified: 5 }); same([f.name, f.size, f.type, f.lastModified, f instanceof Blob], ["n.txt", 2, "a/b", 5, true]); },
  FormData: async () => {
    const form = new FormData();
    form.append("a", "1"); form.append("a", "2"); form.set("b", new Blob(["x"], { type: "t/u" }), "n\".txt");
    same([form.getAll("a"), form.has("b"), form.get("c"), [...form.keys()], thrown(() => form.append("a", "text", "name"))], [["1", "2"], true, null, ["a", "a", "b"], "TypeError"]);
    const back = await new Response(form).formData(), file = back.get("b");
    same([back.getAll("a"), file.name, file.type, await file.text()], [["1", "2"], "n\".txt", "t/u", "x"]);
    const sent = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"ü.bin\"\r\nContent-Type: application/x\r\n\r\n\r\n--no\r\n\r\n--B\r\ncontent-disposition: form-data; name=t\r\n\r\nv\r\n--B--\r\n";
    const parsed = await new Response(sent, { headers: { "content-type": "multipart/form-data; boundary=\"B\"" } }).formData();
    same([parsed.get("f").name, await parsed.get("f").text(), parsed.get("t")], ["ü.bin", "\r\n--no\r\n", "v"]);
    const cut = (text) => new Response(text, { headers: { "content-type": "multipart/form-data; boundary=B" } }).formData();
    same([await rejected(cut("--B\r\n")), await rejected(cut("")), [...await cut("--B--")].length], ["TypeError", "TypeError", 0]);
  },
  Headers: () => {
    const h = new Headers([["B", " 1 "], ["a", "x"], ["b", "2"]]);
    h.append("Set-Cookie", "a=1, b"); h.append("set-cookie", "c");
    same([[...h], h.getSetCookie(), h.get("B"), h.has("A")], [[["a", "x"], ["b", "1, 2"], ["set-cookie", "a=1, b"], ["set-cookie", "c"]], ["a=1, b", "c"], "1, 2", true]);
    same([thrown(() => h.set("a b", "")), thrown(() => h.set("a", "\n x\n y"))], ["TypeError", "TypeError"]);
    const live = new Headers({ a: "1" }), seen = [];
    for (const [name] of live) { seen.push(name); if (seen.length === 1) live.append("b", "2"); if (seen.length === 2) live.delete("a"); }
    same(seen, ["a", "b"]);
  },
  MessageChannel: async () => {
    const { port1, port2 } = new MessageChannel(), buffer = new ArrayBuffer(4), seen = [];
    port2.onmessage = (event) => seen.push(event);
    port1.postMessage({ buffer, n: [1] }, [buffer]);
    port1.postMessage("second");
    same([seen.length, buffer.detached], [0, true]);
    await turn(); await turn(); await turn();
    same([seen.map((e) => e.data?.buffer?.byteLength ?? e.data), seen[0] instanceof MessageEvent], [[4, "second"], true]);
  },
  MessageEvent: () => { const e = new MessageEvent("message", { data: { a: 1 }, origin: "o" }); same([e.data, e.origin, e.ports, e.source], [{ a: 1 }, "o", [], null]); },
  MessagePort: async () => {
    const a = new MessageChannel(), b = new MessageChannel(), seen = [];
    a.port1.postMessage("through", [b.port2]);
    const moved = await new Promise((resolve) => { a.port2.onmessage = (event) => resolve(event.ports[0]); });
    b.port1.postMessage("hi");
    same(await new Promise((resolve) => { moved.onmessage = (event) => resolve(event.data); }), "hi");
    same([thrown(() => a.port1.postMessage(0, [a.port1])), thrown(() => new MessagePort())], ["DataCloneError", "TypeError"]);
    b.port1.onmessage = () => seen.push("late");
    b.port1.close();
    moved.postMessage("x");
    await turn();
    same(seen, []);
  },
  Performance: () => same([performance instanceof Performance, performance instanceof EventTarget, thrown(() => new Performance())], [true, true, "TypeError"]),
  PromiseRejectionEvent: () => { const promise = Promise.resolve(); const e = new PromiseRejectionEvent("x", { promise, reason: 3 }); same([e.promise === promise, e.reason], [true, 3]); },
  ReadableByteStreamController: async () => {
    let asked = 0;
    const s = new ReadableStream({
      type: "bytes", autoAllocateChunkSize: 8,
      pull(c) { asked++; if (asked > 2) { c.close(); c.byobRequest?.respond(0); return; } const { view } = c.byobRequest; view.set([asked, asked]); c.byobRequest.respond(2); },
    });
    same((await collect(s)).map((chunk) => [...chunk]), [[1, 1], [2, 2]]);
    let controller;
    new ReadableStream({ type: "bytes", start(c) { controller = c; } }, { highWaterMark: 10 });
    same([controller instanceof ReadableByteStreamController, controller.desiredSize, controller.byobRequest, thrown(() => controller.enqueue("x")), thrown(() => controller.enqueue(new Uint8Array(0)))], [true, 10, null, "TypeError", "TypeError"]);
    const given = bytes(1, 2, 3);
    controller.enqueue(given);
    same([given.buffer.detached, controller.desiredSize], [true, 7]);
  },
  ReadableStream: async () => {
    same(await collect(ReadableStream.from([1, Promise.resolve(2)])), [1, 2]);
    const [a, b] = ReadableStream.from(["x", "y"]).tee();
    same([await collect(a), await collect(b)], [["x", "y"], ["x", "y"]]);
    let cancelled;
    const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { cancelled = reason; } });
    for await (const chunk of s) { same(chunk, 1); break; }
    same([cancelled, s.locked], [undefined, false]);
    const kept = ReadableStream.from([1, 2, 3]);
    for await (const chunk of kept.values({ preventCancel: true })) { same(chunk, 1); break; }
    same(await collect(kept), [2, 3]);
    const failing = new ReadableStream({ pull() { throw new RangeError("no"); } });
    same(await rejected(failing.getReader().read()), "RangeError");
    same([thrown(() => new ReadableStream({ type: "x" })), thrown(() => new ReadableStream({}, { highWaterMark: -1 })), thrown(() => ReadableStream.from(5))], ["TypeError", "RangeError", "TypeError"]);
    // pipeTo: order, back pressure, errors on either side, a signal.
    const got = [], slow = new WritableStream({ async write(chunk) { await turn(); got.push(chunk); } }, { highWaterMark: 1 });
    await ReadableStream.from([1, 2, 3]).pipeTo(slow);
    same([got, slow.locked], [[1, 2, 3], false]);
    let why;
    const broken = new WritableStream({ write() { throw new RangeError("full"); } });
    same(await rejected(new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(reason) { why = reason; } }).pipeTo(broken)), "RangeError");
    same(why.message, "full");
    let aborted;
    same(await rejected(new ReadableStream({ start(c) { c.error(new SyntaxError("s")); } }).pipeTo(new WritableStream({ abort(reason) { aborted = reason; } }))), "SyntaxError");
    same(aborted.message, "s");
    const stop = new AbortController(), endless = new ReadableStream({ async pull(c) { await turn(); c.enqueue(1); } });
    const piping = endless.pipeTo(new WritableStream(), { signal: stop.signal });
    stop.abort();
    same(await rejected(piping), "AbortError");
    const open = new WritableStream();
    await ReadableStream.from([1]).pipeTo(open, { preventClose: true });
    await open.getWriter().write(2);
    same(await rejected(ReadableStream.from([]).pipeTo({})), "TypeError");
  },
  ReadableStreamBYOBReader: async () => {
    const s = new ReadableStream({ type: "bytes", pull(c) { c.enqueue(bytes(1, 2, 3, 4, 5)); c.close(); } });
    const reader = s.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(new ArrayBuffer(8), 2, 2));
    same([[...first.value], first.value.byteOffset, first.done], [[1, 2], 2, false]);
    const words = await reader.read(new Uint16Array(1));
    same([words.value.constructor.name, words.value[0]], ["Uint16Array", 0x0403]);
    same([...(await reader.read(new Uint8Array(9))).value], [5]);
    const end = await reader.read(new Uint8Array(4));
    same([end.done, end.value.length, end.value.buffer.byteLength], [true, 0, 4]);
    reader.releaseLock();
    const both = new ReadableStream({ type: "bytes", start(c) { c.enqueue(bytes(1)); c.enqueue(bytes(2, 3)); } });
    same([...(await both.getReader({ mode: "byob" }).read(new Uint8Array(8), { min: 3 })).value], [1, 2, 3]);
    same([thrown(() => new ReadableStream().getReader({ mode: "byob" })), await rejected(both.getReader?.call(new ReadableStream({ type: "bytes" }), { mode: "byob" }).read(new Uint8Array(0)))], ["TypeError", "TypeError"]);
    const [x, y] = new ReadableStream({ type: "bytes", start(c) { c.enqueue(bytes(7, 8)); c.close(); } }).tee();
    same([[...(await x.getReader({ mode: "byob" }).read(new Uint8Array(4))).value], [...await new Response(y).bytes()]], [[7, 8], [7, 8]]);
  },
  ReadableStreamBYOBRequest: async () => {
    let kept;
    const s = new ReadableStream({ type: "bytes", pull(c) { kept = c.byobRequest; const view = kept.view; view[0] = 9; kept.respondWithNewView(new Uint8Array(view.buffer, 0, 1)); } });
    const { value } = await s.getReader({ mode: "byob" }).read(new Uint8Array(4));
    same([[...value], kept.view, thrown(() => kept.respond(1)), kept instanceof ReadableStreamBYOBRequest], [[9], null, "TypeError", true]);
  },
  ReadableStreamDefaultController: () => {
    let c;
    new ReadableStream({ start(controller) { c = controller; } }, { highWaterMark: 2, size: (chunk) => chunk.length });
    c.enqueue("abc");
    same([c instanceof ReadableStreamDefaultController, c.desiredSize, thrown(() => new ReadableStreamDefaultController())], [true, -1, "TypeError"]);
    c.close();
    same([thrown(() => c.enqueue("x")), thrown(() => c.close())], ["TypeError", "TypeError"]);
  },
  ReadableStreamDefaultReader: async () => {
    const s = ReadableStream.from([1, 2]), reader = new ReadableStreamDefaultReader(s);
    same([s.locked, await reader.read(), thrown(() => s.getReader()), await rejected(s.cancel())], [true, { done: false, value: 1 }, "TypeError", "TypeError"]);
    const pending = new ReadableStream().getReader(), read = pending.read();
    pending.releaseLock();
    same([await rejected(read), await rejected(pending.closed), await rejected(pending.read())], ["TypeError", "TypeError", "TypeError"]);
    await reader.cancel();
    await reader.closed;
  },
  Request: async () => {
    const r = new Request("http://a/?q#f", { method: "put", body: "{\"a\":1}", headers: { "X-A": "1" }, duplex: "half" });
    same([r.method, r.url, r.headers.get("content-type"), r.clone().headers.get("x-a"), await r.clone().json(), r.bodyUsed, await r.text(), r.bodyUsed], ["PUT", "http://a/?q#f", "text/plain;charset=UTF-8", "1", { a: 1 }, false, "{\"a\":1}", true]);
    same([await rejected(r.text()), thrown(() => new Request("http://u:p@a/")), thrown(() => new Request("http://a/", { method: "a b" })), thrown(() => new Request("http://a/", { method: "TRACE" }))], ["TypeError", "TypeError", "TypeError", "TypeError"]);
    same(r.signal instanceof AbortSignal, true);
    const stream = () => ReadableStream.from([bytes(65)]), post = (more) => new Request("http://a/", { method: "POST", body: stream(), ...more });
    same([thrown(() => post({})), await post({ duplex: "half" }).text()], ["TypeError", "A"]);
    same(["patch", "Patch", "post", "Delete"].map((method) => new Request("http://a/", { method }).method), ["patch", "Patch", "POST", "DELETE"]);
  },
  Response: async () => {
    const r = new Response("x", { status: 404, statusText: "No" });
    same([r.ok, r.status, r.statusText, r.type, r.redirected, await r.blob().then((b) => b.size)], [false, 404, "No", "default", false, 1]);
    const body = new Response(bytes(1, 2, 3)).body.getReader({ mode: "byob" });
    same([...(await body.read(new Uint8Array(8))).value], [1, 2, 3]);
    same([Response.error().type, Response.json([1]).headers.get("content-type"), Response.redirect("http://a/", 307).status, thrown(() => new Response("", { status: 304 })), thrown(() => Response.redirect("http://a/", 200))], ["error", "application/json", 307, "TypeError", "RangeError"]);
    for (const statusText of ["a\r\nb: c", "\u0100", "\0", "\x7f"]) same(thrown(() => new Response("", { statusText })), "TypeError");
    same([new Response("", { statusText: "\tgr\u00fcn" }).statusText, thrown(() => Response.error().headers.set("a", "b")), thrown(() => Response.redirect("http://a/").headers.append("a", "b"))], ["\tgr\u00fcn", "TypeError", "TypeError"]);
    same([await rejected(new Response(ReadableStream.from(["text"])).text()), await rejected(new Response(ReadableStream.from([new ArrayBuffer(1)])).text())], ["TypeError", "TypeError"]);
    same(await new Response((async function* () { yield "text"; yield bytes(33); })()).text(), "text!");
    const typed = async (type) => (await new Response("", { headers: { "content-type": type } }).blob()).type;
    for (const [given, wanted] of [["text/plain; charset=x", "text/plain;charset=x"], [" TEXT/Html ;A= b ;a=c;;d=\"e f\\\"\";g", "text/html;a=\" b\";d=\"e f\\\"\""], ["no", ""], ["a/b c", ""], ["a/b;c=\"\";d=", "a/b;c=\"\""], ["a/b;c=\"open", "a/b;c=open"]]) same([given, await typed(given)], [given, wanted]);
  },
  TextDecoder: () => {
    same([new TextDecoder("latin1").encoding, new TextDecoder("windows-1252").decode(bytes(0x80, 0xe4)), new TextDecoder("shift_jis").decode(bytes(0x83, 0x52)), new TextDecoder("koi8-r").decode(bytes(0xc1)), new TextDecoder(" UTF-16 ").encoding], ["windows-1252", "€ä", "コ", "а", "utf-16le"]);
    const gbk = new TextDecoder("gbk");
    same(gbk.decode(bytes(0xc4), { stream: true }) + gbk.decode(bytes(0xe3, 0x41), { stream: true }) + gbk.decode(), "你A");
    const jis = new TextDecoder("iso-2022-jp");
    same(jis.decode(bytes(0x1b, 0x24, 0x42, 0x25), { stream: true }) + jis.decode(bytes(0x33, 0x1b, 0x28, 0x42)), "コ");
    const wide = new TextDecoder("utf-16be");
    same(wide.decode(bytes(0xfe), { stream: true }) + wide.decode(bytes(0xff, 0, 0x61)), "a");
    same([thrown(() => new TextDecoder("big5", { fatal: true }).decode(bytes(0x81))), thrown(() => new TextDecoder("replacement")), new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(0xef, 0xbb, 0xbf)).length], ["TypeError", "RangeError", 1]);
    const long = new Uint8Array(600001).fill(0xe4);
    same(new TextDecoder("latin1").decode(long).length, 600001);
  },
  TextDecoderStream: async () => {
    const s = new TextDecoderStream("utf-8", { fatal: true });
    same([s.encoding, s.fatal, (await collect(ReadableStream.from([bytes(0xe2, 0x82), bytes(0xac)]).pipeThrough(s))).join("")], ["utf-8", true, "€"]);
  },
  TextEncoder: () => {
    const to = new Uint8Array(4);
    same([[...new TextEncoder().encode("€")], new TextEncoder().encodeInto("a€b", to), [...to], new TextEncoder().encoding], [[226, 130, 172], { read: 2, written: 4 }, [97, 226, 130, 172], "utf-8"]);
  },
  TextEncoderStream: async () => same((await collect(ReadableStream.from(["a", "\ud83d", "\ude00", "\ud83d"]).pipeThrough(new TextEncoderStream()))).map((c) => [...c]), [[97], [240, 159, 152, 128], [239, 191, 189]]),
  TransformStream: async () => {
    const t = new TransformStream({ start(c) { c.enqueue("s"); }, transform(chunk, c) { c.enqueue(chunk + chunk); }, flush(c) { c.enqueue("f"); } });
    same(await collect(ReadableStream.from(["a", "b"]).pipeThrough(t)), ["s", "aa", "bb", "f"]);
    let cancelled;
    const c = new TransformStream({ cancel(reason) { cancelled = reason; } });
    await c.readable.cancel("enough");
    same(cancelled, "enough");
    const bad = new TransformStream({ transform() { throw new RangeError("no"); } }), writer = bad.writable.getWriter();
    const write = writer.write(1);
    same([await rejected(bad.readable.getReader().read()), await rejected(write)], ["RangeError", "RangeError"]);
    // Nothing is taken before somebody reads.
    const still = new TransformStream(), w = still.writable.getWriter();
    let taken = false;
    w.write(1).then(() => { taken = true; });
    await turn();
    same([taken, w.desiredSize], [false, 0]);
    same([(await still.readable.getReader().read()).value, await turn(), taken], [1, undefined, true]);
  },
  TransformStreamDefaultController: async () => {
    let seen;
    const t = new TransformStream({ start(c) { seen = [c instanceof TransformStreamDefaultController, c.desiredSize]; }, transform(chunk, c) { c.enqueue(chunk); c.terminate(); } });
    const w = t.writable.getWriter();
    w.write(1).catch(() => {});
    same([await collect(t.readable), seen, await rejected(w.write(2)), thrown(() => new TransformStreamDefaultController())], [[1], [true, 0], "TypeError", "TypeError"]);
  },
  URL: () => {
    const u = new URL("../x?a=1#h", "https://exämple.org:443/p/q/r");
    u.searchParams.append("b", "2");
    same([u.href, u.origin, URL.canParse("nope"), URL.parse("nope"), JSON.stringify(u), thrown(() => new URL("nope"))], ["https://xn--exmple-cua.org/p/x?a=1&b=2#h", "https://xn--exmple-cua.org", false, null, "\"https://xn--exmple-cua.org/p/x?a=1&b=2#h\"", "TypeError"]);
  },
  URLPattern: () => {
    const p = new URLPattern({ pathname: "/users/:id/:rest*" });
    const found = p.exec("https://a.b/users/7/x/y?q=1");
    same([found.pathname.groups, found.hostname.input, found.search.groups, p.test("https://a.b/user/7"), p.pathname, p.hasRegExpGroups], [{ id: "7", rest: "x/y" }, "a.b", { 0: "q=1" }, false, "/users/:id/:rest*", false]);
    const q = new URLPattern("https://*.example.com/:file([a-z]+).{png|jpg}?", { ignoreCase: true });
    same([q.exec("https://i.example.com/CAT.png")?.pathname.groups, q.hasRegExpGroups, q.protocol], [{ file: "CAT" }, true, "https"].map((x, i) => i === 0 ? undefined : x));
    same([new URLPattern("/a/:b", "https://h").test("/a/c", "https://h"), new URLPattern("/a/:b", "https://h").test({ pathname: "/a/c", protocol: "https", hostname: "h" })], [true, true]);
    same([thrown(() => new URLPattern({ pathname: "/:a/:a" })), thrown(() => new URLPattern("/relative")), thrown(() => new URLPattern({ pathname: "(" })), new URLPattern().test("x:y")], ["TypeError", "TypeError", "TypeError", true]);
    const lookahead = new URLPattern({ pathname: "/:x((?!admin).*)" });
    same([lookahead.test({ pathname: "/user" }), lookahead.test({ pathname: "/admin" })], [true, false]);
  },
  URLSearchParams: () => {
    const p = new URLSearchParams([["b", "2"], ["a", "1 &"]]);
    p.append("a", "ä"); p.sort(); p.delete("b", "9");
    same([String(p), p.size, p.has("a", "ä"), [...p.values()]], ["a=1+%26&a=%C3%A4&b=2", 3, true, ["1 &", "ä", "2"]]);
  },
  WritableStream: async () => {
    const seen = [], w = new WritableStream({ start() { seen.push("start"); }, async write(chunk) { await turn(); seen.push(chunk); }, close() { seen.push("close"); }, abort(reason) { seen.push(`abort ${reason}`); } }, { highWaterMark: 2 });
    const writer = w.getWriter();
    writer.write(1); writer.write(2);
    same(writer.desiredSize, 0);
    await writer.close();
    same([seen, w.locked, await rejected(w.abort()), thrown(() => new WritableStream({ type: "x" }))], [["start", 1, 2, "close"], true, "TypeError", "RangeError"]);
    const other = new WritableStream({ abort(reason) { seen.push(`abort ${reason}`); } });
    await other.abort("a");
    same([seen.at(-1), await rejected(other.getWriter().closed)], ["abort a", "a"]);
  },
  WritableStreamDefaultController: async () => {
    let c;
    const w = new WritableStream({ start(controller) { c = controller; } });
    same([c instanceof WritableStreamDefaultController, c.signal.aborted], [true, false]);
    c.error(new RangeError("x"));
    same([await rejected(w.getWriter().closed), thrown(() => new WritableStreamDefaultController())], ["RangeError", "TypeError"]);
    let signal;
    const aborted = new WritableStream({ start({ signal: s }) { signal = s; } });
    aborted.abort("r");
    same([signal.aborted, signal.reason], [true, "r"]);
  },
  WritableStreamDefaultWriter: async () => {
    const writer = new WritableStreamDefaultWriter(new WritableStream({}, { highWaterMark: 1 }));
    await writer.ready;
    const write = writer.write("a");
    let ready = false;
    writer.ready.then(() => { ready = true; });
    same(ready, false);
    await write; await writer.ready;
    writer.releaseLock();
    same([await rejected(writer.write("b")), await rejected(writer.closed), thrown(() => writer.desiredSize)], ["TypeError", "TypeError", "TypeError"]);
  },
};

const GLOBALS = {
  globalThis: () => same([globalThis === self, globalThis instanceof EventTarget, Object.keys(globalThis)], [true, true, []]),
  atob: () => same([atob(" aGk= "), thrown(() => atob("a"))], ["hi", "InvalidCharacterError"]),
  btoa: () => same([btoa("\xff"), thrown(() => btoa("€"))], ["/w==", "InvalidCharacterError"]),
  clearTimeout: async () => { let ran = false; clearTimeout(setTimeout(() => { ran = true; }, 0)); clearTimeout(undefined); await new Promise((r) => setTimeout(r, 3)); same(ran, false); },
  clearInterval: async () => { let n = 0; const id = setInterval(() => { if (++n === 2) clearInterval(id); }, 1); await new Promise((r) => setTimeout(r, 20)); same(n, 2); },
  console: () => {
    for (const name of ["assert", "clear", "count", "countReset", "debug", "dir", "dirxml", "error", "group", "groupCollapsed", "groupEnd", "info", "log", "table", "time", "timeEnd", "timeLog", "trace", "warn"]) same([name, typeof console[name]], [name, "function"]);
  },
  crypto: () => { const a = crypto.getRandomValues(new Uint8Array(16)); same([a.some((x) => x !== 0), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(crypto.randomUUID()), thrown(() => crypto.getRandomValues(new Uint8Array(65537)))], [true, true, "QuotaExceededError"]); },
  fetch: async () => {
    let error;
    try { await fetch("http://10.0.0.1/x"); } catch (e) { error = e; }
    same([error instanceof TypeError, /not granted outgoing requests \(to 10\.0\.0\.1\)/.test(error.message), await rejected(fetch("nope")), await rejected(fetch("http://a/", { signal: AbortSignal.abort() }))], [true, true, "TypeError", "AbortError"]);
  },
  "navigator.userAgent": () => same([navigator.userAgent, thrown(() => new navigator.constructor())], ["Serviceful", "TypeError"]),
  onerror: () => {
    const seen = [];
    globalThis.onerror = (message, file, line, column, error) => { seen.push(message, file, typeof line, error.message); return true; };
    reportError(new RangeError("told"));
    const listener = (event) => { seen.push(event instanceof ErrorEvent && event.error); event.preventDefault(); };
    globalThis.onerror = null;
    addEventListener("error", listener);
    reportError(5);
    removeEventListener("error", listener);
    same(seen, ["Uncaught RangeError: told", "main.js", "number", "told", 5]);
  },
  onunhandledrejection: async () => {
    const seen = [];
    globalThis.onunhandledrejection = (event) => { seen.push(event.reason, event instanceof PromiseRejectionEvent); event.preventDefault(); };
    Promise.reject(7);
    await turn();
    globalThis.onunhandledrejection = null;
    same(seen, [7, true]);
  },
  onrejectionhandled: async () => {
    const seen = [];
    globalThis.onunhandledrejection = (event) => event.preventDefault();
    globalThis.onrejectionhandled = (event) => seen.push(event.promise === promise, event.reason);
    const promise = Promise.reject(8);
    await turn();
    promise.catch(() => {});
    await turn();
    globalThis.onunhandledrejection = globalThis.onrejectionhandled = null;
    same(seen, [true, 8]);
  },
  performance: async () => {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const passed = performance.now() - before;
    same([passed >= 4 && passed < 1000, Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000, typeof performance.toJSON().timeOrigin], [true, true, "number"]);
    performance.mark("a", { startTime: 1 });
    same([performance.measure("m", "a", undefined).startTime, performance.getEntriesByName("a").length, performance.getEntriesByType("measure").length], [1, 1, 1]);
  },
  queueMicrotask: async () => { const seen = []; queueMicrotask(() => seen.push("micro")); await null; same([seen, thrown(() => queueMicrotask(5))], [["micro"], "TypeError"]); },
  reportError: () => same(thrown(() => reportError()), "TypeError"),
  self: () => same(self === globalThis, true),
  setTimeout: async () => { const seen = []; setTimeout((...all) => seen.push(...all), 1, "a", 2); setTimeout(() => seen.push("first"), 0); await new Promise((r) => setTimeout(r, 8)); same(seen, ["first", "a", 2]); },
  setInterval: async () => { let n = 0; await new Promise((resolve) => { const id = setInterval((by) => { n += by; if (n === 6) { clearInterval(id); resolve(); } }, 1, 2); }); same(n, 6); },
  structuredClone: async () => {
    const shared = { a: 1 }, buffer = new ArrayBuffer(8, { maxByteLength: 16 });
    const value = { one: shared, two: shared, date: new Date(1), re: /a/gi, map: new Map([[shared, 1]]), set: new Set([1]), big: 1n, boxed: Object(1n), hole: [1, , 3], view: new Uint16Array(buffer, 2, 2), data: new DataView(buffer, 1, 3), error: new RangeError("r", { cause: shared }), dom: new DOMException("m", "AbortError"), nan: NaN, nothing: undefined, file: new File(["x"], "f"), text: Object("t") };
    value.self = value;
    const copy = structuredClone(value);
    same([copy.self === copy, copy.one === copy.two, copy.one !== shared, copy.date.getTime(), String(copy.re), copy.map.has(copy.one), copy.set.size, copy.big, typeof copy.boxed, 1 in copy.hole, copy.hole.length], [true, true, true, 1, "/a/gi", true, 1, 1n, "object", false, 3]);
    same([copy.view.buffer === copy.data.buffer, copy.view.byteOffset, copy.view.length, copy.data.byteLength, copy.view.buffer.maxByteLength, copy.error.constructor.name, copy.error.cause === copy.one, copy.dom.name, Number.isNaN(copy.nan), "nothing" in copy, copy.file.name, await copy.file.text(), copy.text + ""], [true, 2, 2, 3, 16, "RangeError", true, "AbortError", true, true, "f", "x", "t"]);
    for (const bad of [() => {}, Symbol("s"), new WeakMap(), Promise.resolve(), new EventTarget(), new Headers()]) same(thrown(() => structuredClone({ bad })), "DataCloneError");
    const moved = new ArrayBuffer(4), views = structuredClone({ a: new Uint8Array(moved, 1, 2) }, { transfer: [moved] });
    same([moved.detached, views.a.length, views.a.buffer.byteLength, thrown(() => structuredClone(moved)), thrown(() => structuredClone(0, { transfer: [moved] })), thrown(() => structuredClone(0, { transfer: [{}] }))], [true, 2, 4, "DataCloneError", "DataCloneError", "DataCloneError"]);
    const error = new RangeError("deep", { cause: "why" }), twin = structuredClone(error);
    same([twin instanceof RangeError, Object.prototype.toString.call(twin), twin.stack === error.stack, twin.message, twin.cause, Error.isError?.(twin) ?? true, Object.keys(twin)], [true, "[object Error]", true, "deep", "why", true, []]);
    same([Object.hasOwn(structuredClone(new Error()), "message"), structuredClone(Object.assign(new Error("n"), { name: "Own", extra: 1 })).name], [false, "Error"]);
    for (const target of [{}, [], () => {}]) same(thrown(() => structuredClone({ inner: new Proxy(target, {}) })), "DataCloneError");
    const safe = new ArrayBuffer(4);
    same([thrown(() => structuredClone(() => {}, { transfer: [safe] })), safe.detached], ["DataCloneError", false]);
    const stream = ReadableStream.from([1, 2]), over = structuredClone(stream, { transfer: [stream] });
    same([stream.locked, await collect(over), thrown(() => structuredClone(ReadableStream.from([])))], [true, [1, 2], "DataCloneError"]);
  },
};

// What is not there, and why: docs/reference/javascript.md says so.
const OTHERS = ["CryptoKey", "SubtleCrypto"];
const ABSENT = ["WebAssembly"];

export default {
  async fetch() {
    const answer = { holds: [], failed: [], absent: ABSENT, others: OTHERS };
    for (const [name, run] of [...Object.entries(INTERFACES), ...Object.entries(GLOBALS)]) {
      const [root] = name.split("."), descriptor = Object.getOwnPropertyDescriptor(globalThis, root);
      try {
        if (!descriptor) throw new Error("is not there");
        if (descriptor.enumerable) throw new Error("is enumerable");
        if (name in INTERFACES && Object.prototype.toString.call(globalThis[name].prototype) !== `[object ${name === "DOMException" ? "DOMException" : name}]` && name !== "DOMException") throw new Error("has another name");
        await run();
        answer.holds.push(name);
      } catch (error) { answer.failed.push(`${name}: ${error?.message ?? error}\n${error?.stack ?? ""}`); }
    }
    for (const name of ABSENT) if (typeof globalThis[name] !== "undefined") answer.failed.push(`${name} is there`);
    return Response.json(answer);
  },
};
