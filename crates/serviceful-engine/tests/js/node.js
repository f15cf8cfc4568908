// Node's modules: each check throws when it does not hold, and the answer lists what did not.
import assert, { AssertionError, deepStrictEqual, strictEqual } from "node:assert";
import strict from "node:assert/strict";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { Buffer, isUtf8 } from "node:buffer";
import diagnostics from "node:diagnostics_channel";
import EventEmitter, { on, once } from "node:events";
import fs, { readFileSync } from "node:fs";
import { readFile } from "fs/promises";
import * as http from "http";
import net from "net";
import { createRequire } from "node:module";
import os, { EOL } from "node:os";
import path from "path";
import posix from "node:path/posix";
import { performance as clock } from "node:perf_hooks";
import process from "node:process";
import querystring from "node:querystring";
import Stream, { Duplex, PassThrough, Readable, Transform, Writable, finished, pipeline } from "node:stream";
import { buffer, json, text } from "node:stream/consumers";
import promises from "node:stream/promises";
import web from "node:stream/web";
import { StringDecoder } from "node:string_decoder";
import timers from "node:timers";
import { setInterval as every, setTimeout as sleep } from "node:timers/promises";
import { parse, resolve, fileURLToPath, pathToFileURL, format, URL as NodeURL } from "node:url";
import util, { inherits, inspect, promisify, types } from "node:util";
import zlib from "node:zlib";

const checks = [];
const check = (name, run) => checks.push([name, run]);
const same = (found, wanted) => {
  const show = (value) => JSON.stringify(value, (_, v) => typeof v === "bigint" ? `${v}n` : v === undefined ? "undefined" : v);
  if (show(found) !== show(wanted)) throw new Error(`${show(found)} instead of ${show(wanted)}`);
};
const thrown = (run) => { try { run(); } catch (error) { return error.code ?? error.name; } return "nothing"; };
const early = [process.env.NODE_ENV, process.env.greeting];

check("buffer: text", () => {
  const b = Buffer.from("hällo €😀");
  same([b.toString(), b.length, b.toString("hex").slice(0, 6), b.toString("base64"), b.toString("base64url").includes("="), Buffer.from("aGk", "base64").toString(), Buffer.from("_-8", "base64url").length], ["hällo €😀", 14, "68c3a4", "aMOkbGxvIOKCrPCfmIA=", false, "hi", 2]);
  same([Buffer.from("ff0g", "hex").length, Buffer.from("ÿa", "latin1")[0], Buffer.from("é", "ascii")[0], Buffer.from("a€", "utf16le").toString("utf16le"), Buffer.from([0xe9]).toString("ascii"), Buffer.from([0xff]).toString("binary")], [1, 255, 233, "a€", "i", "ÿ"]);
  same([Buffer.byteLength("€"), Buffer.byteLength("aGk=", "base64"), Buffer.isEncoding("UTF-8"), Buffer.isEncoding("x"), thrown(() => Buffer.from("a", "x")), b.toString("utf8", 0, 3), isUtf8(Buffer.from([0xff]))], [3, 2, true, false, "ERR_UNKNOWN_ENCODING", "hä", false]);
});
check("buffer: bytes", () => {
  const b = Buffer.alloc(10, "ab");
  same([b.toString(), b.slice(1, 3) instanceof Buffer, b.subarray(8).buffer === b.buffer, b.indexOf("ba"), b.lastIndexOf("ab"), b.includes(98), b.equals(Buffer.from("ababababab")), Buffer.compare(Buffer.from("a"), Buffer.from("b"))], ["ababababab", true, true, 1, 8, true, true, -1]);
  same([b.write("€", 8), b.toString("latin1", 8), b.write("€", 1), Buffer.concat([Buffer.from("a"), new Uint8Array([98])], 3).toString("latin1"), JSON.stringify(Buffer.from("a")), Buffer.from({ type: "Buffer", data: [1] })[0], Buffer.from(new Uint16Array([257]).buffer).length], [0, "ab", 3, "ab\0", '{"type":"Buffer","data":[97]}', 1, 2]);
  const n = Buffer.alloc(16);
  same([n.writeUInt32BE(0xdeadbeef), n.readUInt32LE(0), n.readInt8(0), n.writeDoubleLE(1.5, 8), n.readDoubleLE(8), n.writeIntBE(-2, 0, 6), n.readIntBE(0, 6), n.writeBigUInt64LE(2n ** 63n, 0), n.readBigUInt64LE(0)], [4, 0xefbeadde, -34, 16, 1.5, 6, -2, 8, 2n ** 63n]);
  same([thrown(() => n.readUInt32BE(13)), thrown(() => n.writeUInt8(256)), thrown(() => Buffer.alloc(-1)), thrown(() => Buffer.from(5)), Buffer.from("0102", "hex").swap16()[0], inspect(Buffer.from("hi")), Buffer("x").toString()], ["ERR_OUT_OF_RANGE", "ERR_OUT_OF_RANGE", "ERR_OUT_OF_RANGE", "ERR_INVALID_ARG_TYPE", 2, "<Buffer 68 69>", "x"]);
  const target = Buffer.alloc(3);
  same([Buffer.from("abcd").copy(target, 1, 1), target.toString("latin1"), Buffer.from("abc").map((x) => x + 1) instanceof Buffer], [2, "\0bc", true]);
});
check("events", async () => {
  const e = new EventEmitter(), seen = [];
  e.on("x", function (a) { seen.push(this === e, a); }); e.prependListener("x", () => seen.push("first")); e.once("x", () => seen.push("once"));
  same([e.emit("x", 1), e.emit("x", 2), e.emit("y"), e.listenerCount("x"), e.eventNames()], [true, true, false, 2, ["x"]]);
  same([seen, thrown(() => e.emit("error", new RangeError("r"))), thrown(() => e.emit("error", 5)), thrown(() => e.on("x", 5))], [["first", true, 1, "once", "first", true, 2], "RangeError", "ERR_UNHANDLED_ERROR", "ERR_INVALID_ARG_TYPE"]);
  setTimeout(() => e.emit("later", 7), 0);
  same(await once(e, "later"), [7]);
  const all = []; setTimeout(() => { e.emit("n", 1); e.emit("n", 2); }, 0);
  for await (const [n] of on(e, "n")) { all.push(n); if (n === 2) break; }
  same([all, e.listenerCount("n")], [[1, 2], 0]);
  function Old() { EventEmitter.call(this); }
  inherits(Old, EventEmitter);
  const old = new Old(); old.on("a", () => seen.push("old")); old.emit("a");
  class Sub extends EventEmitter {} 
  same([seen.at(-1), Old.super_ === EventEmitter, new Sub() instanceof EventEmitter, thrown(() => once(e, "error", { signal: AbortSignal.abort() }).catch(() => {}))], ["old", true, true, "nothing"]);
});
check("util", async () => {
  same([util.format("%s=%d %i %j %o %%", "a", 1.5, 2.9, { a: 1 }, [1], "rest"), util.format("%s"), util.format(1, "a")], ['a=1.5 2 {"a":1} [ 1 ] % rest', "%s", "1 a"]);
  same([await promisify((a, done) => done(null, a + 1))(1), await promisify((done) => done(new RangeError("x")))().catch((e) => e.name), await new Promise((r) => util.callbackify(async (x) => x * 2)(4, (_, v) => r(v)))], [2, "RangeError", 8]);
  same([types.isDate(new Date()), types.isProxy(new Proxy({}, {})), types.isPromise(Promise.resolve()), types.isRegExp(/x/), types.isTypedArray(new Uint8Array()), types.isAsyncFunction(async () => {}), types.isGeneratorFunction(function* () {}), types.isMap({}), types.isUint8Array(Buffer.alloc(1)), types.isBoxedPrimitive(Object(1n))], [true, true, true, true, true, true, true, false, true, true]);
  const a = { x: [1, { y: new Map([["k", new Set([1, 2])]]) }], d: new Date(1) }, b = structuredClone(a);
  same([util.isDeepStrictEqual(a, b), util.isDeepStrictEqual([1], ["1"]), util.isDeepStrictEqual(NaN, NaN), util.isDeepStrictEqual({ a: undefined }, {}), util.isDeepStrictEqual(new Set([{ a: 1 }]), new Set([{ a: 1 }]))], [true, false, true, false, true]);
  a.self = a; b.self = b;
  same([util.isDeepStrictEqual(a, b), inspect({ a: { b: { c: { d: 1 } } } }), inspect({ [inspect.custom]: () => "own" }), inspect("s"), util.stripVTControlCharacters(util.styleText("red", "x")), util.deprecate((x) => x, "old")(3)], [true, "{ a: { b: { c: [Object] } } }", "own", '"s"', "x", 3]);
});
check("path", () => {
  same([path.join("/a", "../b", "./c.txt"), path.normalize("a//b/../c/"), path.resolve("/x", "y", "../z"), path.relative("/a/b/c", "/a/d"), path.isAbsolute("/x"), path.dirname("/a/b/c"), path.dirname("a"), path.basename("/a/b.html", ".html"), path.extname("a.b.c"), path.extname(".rc")], ["/b/c.txt", "a/c/", "/x/z", "../../d", true, "/a/b", ".", "b", ".c", ""]);
  same([path.parse("/home/u/file.txt"), path.format({ dir: "/d", name: "n", ext: "e" }), posix.sep, thrown(() => path.join(1))], [{ root: "/", dir: "/home/u", base: "file.txt", ext: ".txt", name: "file" }, "/d/n.e", "/", "ERR_INVALID_ARG_TYPE"]);
});
check("url", () => {
  const u = parse("http://user:p%40ss@Host.com:8080/p/a?q=1&q=2#frag", true);
  same([u.protocol, u.auth, u.host, u.port, u.hostname, u.pathname, u.search, u.query.q, u.hash, u.path], ["http:", "user:p@ss", "host.com:8080", "8080", "host.com", "/p/a", "?q=1&q=2", ["1", "2"], "#frag", "/p/a?q=1&q=2"]);
  same([parse("/a?b").pathname, resolve("/one/two/three", "four"), resolve("http://a.com/b", "/c"), format({ protocol: "https", hostname: "h", pathname: "p", query: { a: 1 } }), fileURLToPath("file:///a%20b"), pathToFileURL("/x#y").href, NodeURL === URL], ["/a", "/one/two/four", "http://a.com/c", "https://h/p?a=1", "/a b", "file:///x%23y", true]);
});
check("querystring", () => {
  const q = querystring.parse("a=1&b=%C3%A4+x&a=2&c");
  same([q.a, q.b, q.c, querystring.stringify({ a: [1, "x y"], b: true, c: null }), querystring.unescape("%zz%C3%A4")], [["1", "2"], "ä x", "", "a=1&a=x%20y&b=true&c=", "%zzä"]);
});
check("string_decoder", () => {
  const d = new StringDecoder("utf8"), w = new StringDecoder("utf16le"), h = new StringDecoder("base64");
  same([d.write(Buffer.from([0xe2, 0x82])), d.write(Buffer.from([0xac])), d.end(Buffer.from([0xf0])), w.write(Buffer.from([0x3d])) + w.write(Buffer.from([0xd8, 0x00, 0xde])), h.write(Buffer.from("ab")) + h.end()], ["", "€", "\ufffd", "😀", "YWI="]);
});
check("assert", async () => {
  assert(true); strictEqual(1, 1); deepStrictEqual({ a: [1] }, { a: [1] }); assert.deepEqual({ a: 1 }, { a: "1" }); assert.match("abc", /b/); assert.notStrictEqual(NaN, 1);
  assert.throws(() => { throw new TypeError("bad thing"); }, { name: "TypeError", message: /thing/ }); assert.throws(() => { throw new RangeError(); }, RangeError);
  await assert.rejects(async () => { throw new Error("late"); }, /late/); await assert.doesNotReject(Promise.resolve());
  same([thrown(() => assert.equal(1, 2)), thrown(() => strict.equal(1, "1")), thrown(() => assert.throws(() => {})), thrown(() => assert.fail("m")), thrown(() => assert.ifError(new RangeError())), thrown(() => assert.deepStrictEqual([1], [2])), new AssertionError({ message: "x" }).name], ["ERR_ASSERTION", "ERR_ASSERTION", "ERR_ASSERTION", "ERR_ASSERTION", "RangeError", "ERR_ASSERTION", "AssertionError"]);
});
check("AsyncLocalStorage survives what waits", async () => {
  const store = new AsyncLocalStorage(), seen = [];
  await store.run("S", async () => {
    const look = (where) => { if (store.getStore() !== "S") throw new Error(`lost in ${where}: ${store.getStore()}`); seen.push(where); };
    look("sync"); await null; look("await"); await sleep(1); look("timer");
    await new Promise((r) => setTimeout(() => { look("callback"); r(); }, 1));
    await new Promise((r) => queueMicrotask(() => { look("microtask"); r(); })); await new Promise((r) => process.nextTick(() => { look("tick"); r(); }));
    await Promise.all([1, 2].map(async () => { await null; look("all"); }));
    await Promise.reject(new Error()).catch(() => look("catch")).finally(() => look("finally"));
    for await (const _ of (async function* () { yield 1; look("generator"); })()) look("for await");
    for await (const _ of new ReadableStream({ async pull(c) { await null; look("pull"); c.enqueue(1); c.close(); } })) look("stream");
    await promises.pipeline(Readable.from(["x"]), new Transform({ objectMode: true, transform(c, _, d) { look("transform"); setTimeout(() => d(null, c), 0); } }), new Writable({ objectMode: true, write(_, __, d) { d(); } }));
    const { port1, port2 } = new MessageChannel(); port1.postMessage(0);
    await { then(yes) { look("thenable"); yes(); } };
    look("end");
  });
  same([store.getStore(), seen.length > 15], [undefined, true]);
  // Whoever settles a promise does not bring its store along.
  let settle; const gate = new Promise((r) => { settle = r; });
  const waiting = store.run("waiter", async () => { await gate; return store.getStore(); });
  store.run("settler", () => settle());
  same([await waiting, store.run(1, () => store.exit(() => store.getStore())), store.run(1, () => store.run(2, () => store.getStore()))], ["waiter", undefined, 2]);
  const bound = store.run("bound", () => AsyncResource.bind(() => store.getStore())), snapshot = store.run("snap", () => AsyncLocalStorage.snapshot());
  same([bound(), snapshot(() => store.getStore())], ["bound", "snap"]);
  const other = new AsyncLocalStorage();
  same(await store.run("a", () => other.run("b", async () => { await null; return [store.getStore(), other.getStore()]; })), ["a", "b"]);
  await (async () => { store.enterWith("entered"); await null; same(store.getStore(), "entered"); })();
  store.disable();
  same([store.getStore(), thrown(() => store.run(1, () => { throw new RangeError(); })), store.getStore()], [undefined, "RangeError", undefined]);
});
check("process", async () => {
  same([process.env.greeting, early, process.platform, typeof process.hrtime.bigint(), process.cwd(), thrown(() => process.exit(1)), process.getBuiltinModule("path") === path], ["hello", ["production", null], "linux", "bigint", "/", "ERR_NOT_AVAILABLE", true].map((x) => x === null ? undefined : x).map((x, i) => i === 1 ? ["production", undefined] : x));
  const order = [];
  process.nextTick((x) => order.push(x), "tick"); await null;
  same(order, ["tick"]);
  const seen = [], listener = (error) => seen.push(error.message);
  process.on("unhandledRejection", listener);
  Promise.reject(new Error("caught by the process")); await sleep(1);
  process.removeListener("unhandledRejection", listener);
  process.once("uncaughtException", listener);
  setTimeout(() => { throw new Error("in a timer"); }, 0); await sleep(3);
  same(seen, ["caught by the process", "in a timer"]);
});
check("timers", async () => {
  let n = 0;
  for await (const value of every(1, "v")) { same(value, "v"); if (++n === 3) break; }
  same([n, await sleep(1, "slept"), await sleep(1000, 0, { signal: AbortSignal.timeout(2) }).catch((e) => e.name), timers.setTimeout === setTimeout], [3, "slept", "AbortError", true]);
});
check("stream: readable", async () => {
  const all = []; for await (const chunk of Readable.from(["a", "b"])) all.push(chunk);
  const r = new Readable({ read() { this.push("x".repeat(10)); this.push(null); } }); r.setEncoding("utf8");
  same([all, await text(r), await json(Readable.from(['{"a":', "1}"])), (await buffer(Readable.from([Buffer.from("q")]))).toString()], [["a", "b"], "xxxxxxxxxx", { a: 1 }, "q"]);
  const paused = Readable.from([1, 2, 3]), got = []; paused.on("data", (c) => { got.push(c); paused.pause(); setTimeout(() => paused.resume(), 1); }); await once(paused, "end");
  const pulled = new Readable({ read() {} }); pulled.push("hello world"); pulled.push(null); await once(pulled, "readable");
  same([got, pulled.read(5).toString(), pulled.read().toString(), await Readable.from([1, 2, 3]).filter((x) => x > 1).map((x) => x * 2).toArray()], [[1, 2, 3], "hello", " world", [4, 6]]);
  const failing = new Readable({ read() { this.destroy(new RangeError("r")); } });
  same([await text(failing).catch((e) => e.name), failing.destroyed, await text(Readable.fromWeb(new Blob(["web"]).stream())), await new Response(Readable.toWeb(Readable.from([Buffer.from("to")]))).text()], ["RangeError", true, "web", "to"]);
});
check("stream: writable, transform, pipeline", async () => {
  const written = [];
  const slow = new Writable({ highWaterMark: 2, write(chunk, encoding, done) { written.push(`${encoding}:${chunk}`); setTimeout(done, 1); }, final(done) { written.push("final"); done(); } });
  same([slow.write("a"), slow.write("b"), slow.writableNeedDrain], [true, false, true]);
  await once(slow, "drain"); slow.end("c"); await once(slow, "finish");
  same([written, await new Promise((r) => { slow.on("error", () => {}); slow.write("late", (e) => r(e.code)); })], [["buffer:a", "buffer:b", "buffer:c", "final"], "ERR_STREAM_WRITE_AFTER_END"]);
  const upper = () => new Transform({ transform(chunk, _, done) { done(null, String(chunk).toUpperCase()); }, flush(done) { this.push("!"); done(); } });
  same(await text(Readable.from(["a", "b"]).pipe(upper()).pipe(new PassThrough())), "AB!");
  const out = []; await promises.pipeline(async function* () { yield "x"; yield "y"; }, upper(), async function* (source) { for await (const c of source) yield `${c}.`; }, new Writable({ write(c, _, d) { out.push(String(c)); d(); } }));
  same([out.join("").replaceAll(".", ""), await promises.pipeline(Readable.from(["v"]), async (source) => { let all = ""; for await (const c of source) all += c; return all; })], ["XY!", "v"]);
  same(await promises.pipeline(Readable.from(["a"]), new Transform({ transform(_, __, done) { done(new RangeError("t")); } }), new PassThrough()).catch((e) => e.name), "RangeError");
  const d = new Duplex({ read() { this.push("r"); this.push(null); }, write(_, __, done) { done(); } }); d.end("w");
  const ended = new Promise((r) => finished(d, (e) => r(e ?? "done"))); d.resume();
  same([await ended, d instanceof Readable, d instanceof Writable, Stream.Readable === Readable, web.ReadableStream === ReadableStream], ["done", true, true, true, true]);
  const gone = new PassThrough(), early = new Promise((r) => pipeline(gone, new PassThrough(), (e) => r(e?.code))); gone.destroy();
  same(await early, "ERR_STREAM_PREMATURE_CLOSE");
  const many = new PassThrough(); let sum = 0; many.on("data", (c) => { sum += c.length; }); for (let i = 0; i < 500; i++) many.write(Buffer.alloc(1000)); many.end(); await once(many, "end");
  same(sum, 500000);
});
check("zlib", async () => {
  const data = Buffer.from("coffee ".repeat(1000));
  for (const [pack, unpack] of [["gzipSync", "gunzipSync"], ["deflateSync", "inflateSync"], ["deflateRawSync", "inflateRawSync"], ["gzipSync", "unzipSync"]]) {
    const packed = zlib[pack](data, { level: 9 });
    same([packed.length < 200, zlib[unpack](packed).equals(data)], [true, true]);
  }
  same([(await promisify(zlib.gunzip)(await promisify(zlib.gzip)("x"))).toString(), thrown(() => zlib.gunzipSync("no")), thrown(() => zlib.brotliCompressSync("x"))], ["x", "Z_DATA_ERROR", "ERR_NOT_AVAILABLE"]);
  same(await text(Readable.from([data]).pipe(zlib.createGzip()).pipe(zlib.createGunzip())), String(data));
});
check("others", async () => {
  const seen = []; diagnostics.subscribe("c", (message, name) => seen.push(message, name)); diagnostics.channel("c").publish(1);
  const require = createRequire("file:///main.js");
  same([seen, require("node:path") === path, thrown(() => require("left-pad")), EOL, clock === performance, os.platform()], [[1, "c"], true, "MODULE_NOT_FOUND", "\n", true, "linux"]);
});
// After the host's text work, whose strings are no bytes: nothing of that may be left for the module loader to find.
check("modules come late after every kind of text work", async () => {
  const ways = [() => new URL("http://a/b?c"), () => URL.canParse("no"), () => new URL("http://a/?x=1").searchParams.get("x"), () => new Headers({ a: "b" }), () => new TextDecoder("latin1").decode(new Uint8Array([228]))];
  const late = [() => import("node:tty"), () => import("node:dns"), () => import("node:vm"), () => import("node:v8"), () => import("node:repl")];
  for (const [at, way] of ways.entries()) { way(); same(typeof (await late[at]()), "object"); }
});
check("what a function has not is refused when it is used", async () => {
  class Agent extends http.Agent {}
  for (const use of [() => readFileSync("/etc/passwd"), () => fs.existsSync("/"), () => readFile("x"), () => new Agent(), () => http.request("http://a"), () => net.connect(1), () => new net.Socket(), () => os.hostname()]) same(thrown(use), "ERR_NOT_AVAILABLE");
  let message; try { http.get("http://a"); } catch (error) { message = error.message; }
  same(message, "node:http: `get` is not available: functions have no sockets; use `fetch`");
  const late = await import("node:child_process");
  same([thrown(() => late.execSync("ls")), await import("node:nothing").catch((e) => e.message.includes("no built-in module"))], ["ERR_NOT_AVAILABLE", true]);
  same(await import("serviceful:base").catch((e) => e.name), "ReferenceError");
});

export default {
  async fetch() {
    const failed = [];
    for (const [name, run] of checks) {
      try { await run(); } catch (error) { failed.push(`${name}: ${error?.message ?? error}\n${error?.stack ?? ""}`); }
    }
    return new Response(failed.length ? failed.join("\n") : `all ${checks.length} hold`);
  },
};
