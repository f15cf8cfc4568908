// A function that wants the bytes of keys which are not extractable: whatever it may replace, it replaces by a thief.
const { subtle } = crypto;
const MARK = [0xde, 0xad, 0xbe, 0xef, 0x5e, 0xc2, 0xe7, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99];
const coded = btoa(String.fromCharCode(...MARK)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const original = { apply: Reflect.apply, own: Reflect.getOwnPropertyDescriptor, keys: Reflect.ownKeys, Bytes: Uint8Array, size: Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "length").get };
let way = "", armed = false;
const stolen = new Set();

// Looks for the mark in a value, three steps deep.
const look = (value, depth = 0) => {
  if (!armed) return;
  armed = false;
  try {
    if (typeof value === "string") { if (value.length >= 20 && original.apply(includes, value, [coded])) stolen.add(way); return; }
    if (typeof value !== "object" || value === null || depth > 3) return;
    if (value instanceof original.Bytes || value instanceof ArrayBuffer) {
      const bytes = value instanceof ArrayBuffer ? new original.Bytes(value) : value;
      let at = 0, run = 0;
      const length = original.apply(original.size, bytes, []);
      for (; at < length; at++) { run = bytes[at] === MARK[run] ? run + 1 : 0; if (run === MARK.length) { stolen.add(way); return; } }
      return;
    }
    for (const key of original.keys(value)) {
      const property = original.own(value, key);
      if (property && "value" in property) { armed = true; look(property.value, depth + 1); armed = false; }
    }
  } finally { armed = true; }
};
const includes = String.prototype.includes;

const SKIP = new Set(["constructor", "prototype", "__proto__"]);
const infect = () => {
  const spied = (object) => {
    for (const name of original.keys(object)) {
      if (SKIP.has(name)) continue;
      const property = original.own(object, name);
      if (!property.configurable) continue;
      if (typeof property.value === "function") {
        const real = property.value;
        property.value = function (...rest) { look(this); for (let at = 0; at < rest.length; at++) look(rest[at]); return original.apply(real, this, rest); };
      } else if (property.get) {
        const real = property.get;
        property.get = function () { look(this); return original.apply(real, this, []); };
      } else continue;
      try { Object.defineProperty(object, name, property); } catch {}
    }
  };
  const typed = Object.getPrototypeOf(Uint8Array.prototype);
  for (const object of [typed, Uint8Array.prototype, ArrayBuffer.prototype, Array.prototype, String.prototype, RegExp.prototype, Promise.prototype, Map.prototype,
    Set.prototype, JSON, Reflect, Object, Math, DataView.prototype, TextEncoder.prototype, TextDecoder.prototype, Object.getPrototypeOf([][Symbol.iterator]())]) spied(object);
  for (const name of ["0", "1", "2", "material", "k", "d", "x", "n", "kty", "use", "alg", "ext", "key_ops", "name", "length", "hash", "toJSON", "then", "type"]) {
    const spy = { configurable: true, get() { look(this); return undefined; }, set(value) { look(this); look(value); original.apply(define, Object, [this, name, { value, writable: true, enumerable: true, configurable: true }]); } };
    original.apply(define, Object, [Object.prototype, name, spy]);
    if (name === "0" || name === "1" || name === "2") original.apply(define, Object, [Array.prototype, name, spy]);
  }
  for (const name of ["Uint8Array", "ArrayBuffer", "JSON", "Array", "Object", "String", "DOMException", "TextDecoder", "btoa", "atob"]) {
    const real = globalThis[name];
    try {
      globalThis[name] = typeof real === "function"
        ? new Proxy(real, { construct(target, rest, of) { look(rest); return Reflect.construct(target, rest, of); }, apply(target, self, rest) { look(rest); return original.apply(target, self, rest); } })
        : real;
    } catch {}
  }
};
const define = Object.defineProperty;

export default {
  async fetch() {
    const iv = new Uint8Array(12), data = new Uint8Array(16), mark = new Uint8Array(MARK);
    const sealer = await subtle.importKey("raw", data, "AES-GCM", false, ["encrypt", "unwrapKey"]);
    // Made while nobody listens: raw and JWK, sealed; and a key whose bytes are the mark.
    const raw = await subtle.encrypt({ name: "AES-GCM", iv }, sealer, mark);
    const jwk = await subtle.encrypt({ name: "AES-GCM", iv }, sealer, new TextEncoder().encode(JSON.stringify({ kty: "oct", k: coded })));
    const key = await subtle.importKey("raw", mark, "AES-CBC", false, ["encrypt", "decrypt"]);
    const hmac = await subtle.importKey("raw", mark, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    const gcm = { name: "AES-GCM", iv };
    const ways = {
      encrypt: () => subtle.encrypt({ name: "AES-CBC", iv: data }, key, data),
      sign: async () => subtle.verify("HMAC", hmac, await subtle.sign("HMAC", hmac, data), data),
      unwrapRaw: () => subtle.unwrapKey("raw", raw, sealer, gcm, "AES-CBC", false, ["encrypt"]),
      unwrapJwk: () => subtle.unwrapKey("jwk", jwk, sealer, gcm, "AES-CBC", false, ["encrypt"]),
      generate: () => subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
      inspect: async () => { console.log(key, hmac); look(key); look(hmac); look(key.algorithm); JSON.stringify(key); try { structuredClone(key); } catch {} },
      export: async () => { for (const format of ["raw", "jwk", "pkcs8"]) { try { look(await subtle.exportKey(format, key)); } catch {} } },
    };
    infect();
    const done = [];
    for (const name in ways) {
      if (!Object.hasOwn(ways, name)) continue;
      way = name;
      armed = true;
      try { await ways[name](); done[done.length] = name; } catch (error) { done[done.length] = name + " failed: " + error; }
      armed = false;
    }
    // The thief works: what passes by it openly is found.
    way = "control"; armed = true;
    mark.slice(0, 16);
    armed = false;
    const control = stolen.delete("control");
    let failed = "", count = 0, names = "";
    for (let at = 0; at < done.length; at++) { count++; if (original.apply(includes, done[at], ["failed"])) failed += done[at] + " "; }
    stolen.forEach((name) => { names += name; });
    return new Response(failed + "tried " + count + " ways, found by control: " + control + ", stolen: " + names);
  },
};
