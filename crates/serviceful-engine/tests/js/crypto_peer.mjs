// Two implementations of crypto.subtle understand each other: each makes keys, signatures, ciphertexts and secrets, and checks
// what the other made. Runs as a function (`/make`, `/check`) and in Node (`node crypto_peer.mjs make`, `check`).
const { subtle } = crypto;
const text = (data) => btoa(String.fromCharCode(...new Uint8Array(data)));
const bytes = (coded) => Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
const MESSAGE = new TextEncoder().encode("from one to the other");
const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const CURVES = ["P-256", "P-384", "P-521"];

const ciphers = () => {
  const random = (length) => crypto.getRandomValues(new Uint8Array(length)), all = [];
  for (const length of [128, 192, 256]) {
    all.push([{ name: "AES-GCM", length }, { iv: random(12), additionalData: random(20) }], [{ name: "AES-CBC", length }, { iv: random(16) }]);
    for (const bits of [1, 8, 37, 64, 128]) all.push([{ name: "AES-CTR", length }, { counter: random(16).fill(255, 12), length: bits }]);
  }
  return all;
};

const make = async () => {
  const made = [];
  const add = async (what, key, more) => made.push({ what, ...more, ...(key && { jwk: await subtle.exportKey("jwk", key) }) });
  for (const hash of HASHES) {
    await add("digest", null, { hash, out: text(await subtle.digest(hash, MESSAGE)) });
    const key = await subtle.generateKey({ name: "HMAC", hash }, true, ["sign", "verify"]);
    await add("verify", key, { algorithm: { name: "HMAC", hash }, params: { name: "HMAC" }, out: text(await subtle.sign("HMAC", key, MESSAGE)) });
    for (const namedCurve of CURVES) {
      const { privateKey, publicKey } = await subtle.generateKey({ name: "ECDSA", namedCurve }, true, ["sign", "verify"]), params = { name: "ECDSA", hash };
      await add("verify", publicKey, { algorithm: { name: "ECDSA", namedCurve }, params, out: text(await subtle.sign(params, privateKey, MESSAGE)) });
    }
    for (const name of ["HKDF", "PBKDF2"]) {
      const key = await subtle.importKey("raw", MESSAGE, name, false, ["deriveBits"]), salt = "c2FsdA==";
      await add("derive", null, { name, hash, salt, out: text(await subtle.deriveBits({ name, hash, salt: bytes(salt), info: MESSAGE, iterations: 777 }, key, 1000)) });
    }
  }
  const pair = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  await add("verify", pair.publicKey, { algorithm: { name: "Ed25519" }, params: { name: "Ed25519" }, out: text(await subtle.sign("Ed25519", pair.privateKey, MESSAGE)) });
  for (const [algorithm, params] of ciphers()) {
    const key = await subtle.generateKey(algorithm, true, ["encrypt", "decrypt"]), coded = {};
    const out = text(await subtle.encrypt({ name: algorithm.name, ...params }, key, MESSAGE));
    for (const [name, value] of Object.entries(params)) coded[name] = typeof value === "number" ? value : text(value);
    await add("decrypt", key, { name: algorithm.name, coded, out });
  }
  for (const algorithm of [...CURVES.map((namedCurve) => ({ name: "ECDH", namedCurve })), { name: "X25519" }]) {
    const [mine, other] = [await subtle.generateKey(algorithm, true, ["deriveBits"]), await subtle.generateKey(algorithm, true, ["deriveBits"])];
    const forms = { pkcs8: text(await subtle.exportKey("pkcs8", mine.privateKey)), spki: text(await subtle.exportKey("spki", other.publicKey)) };
    const bits = algorithm.namedCurve === "P-521" ? 528 : 256;
    await add("agree", null, { algorithm, ...forms, bits, out: text(await subtle.deriveBits({ name: algorithm.name, public: other.publicKey }, mine.privateKey, bits)) });
  }
  return made;
};

const check = async (made) => {
  const failed = [];
  for (const one of made) {
    const { what, jwk, algorithm, params, hash, name, out } = one;
    let holds = false;
    if (what === "digest") holds = text(await subtle.digest(hash, MESSAGE)) === out;
    if (what === "verify") holds = await subtle.verify(params, await subtle.importKey("jwk", jwk, algorithm, false, ["verify"]), bytes(out), MESSAGE);
    if (what === "decrypt") {
      const key = await subtle.importKey("jwk", jwk, name, false, ["decrypt"]), given = { name };
      for (const [name, value] of Object.entries(one.coded)) given[name] = typeof value === "number" ? value : bytes(value);
      holds = text(await subtle.decrypt(given, key, bytes(out))) === text(MESSAGE);
    }
    if (what === "derive") {
      const key = await subtle.importKey("raw", MESSAGE, name, false, ["deriveBits"]);
      holds = text(await subtle.deriveBits({ name, hash, salt: bytes(one.salt), info: MESSAGE, iterations: 777 }, key, 1000)) === out;
    }
    if (what === "agree") {
      const mine = await subtle.importKey("pkcs8", bytes(one.pkcs8), algorithm, false, ["deriveBits"]), other = await subtle.importKey("spki", bytes(one.spki), algorithm, false, []);
      holds = text(await subtle.deriveBits({ name: algorithm.name, public: other }, mine, one.bits)) === out;
    }
    if (!holds) failed.push(JSON.stringify(one));
  }
  if (made.length < 40) failed.push(`only ${made.length}`);
  return failed.length ? failed.join("\n") : "all hold";
};

export default {
  async fetch(request) {
    if (request.url.endsWith("/make")) return new Response(JSON.stringify(await make()));
    return new Response(await check(await request.json()));
  },
};

if (typeof process !== "undefined") {
  if (process.argv[2] === "make") console.log(JSON.stringify(await make()));
  else {
    let input = "";
    for await (const piece of process.stdin) input += piece;
    console.log(await check(JSON.parse(input)));
  }
}
