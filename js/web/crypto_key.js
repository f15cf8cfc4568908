// CryptoKey, and what the algorithms are: their parameters, usages and forms of keys.
(function (host, shared) {
  // SECURITY: a function may replace every global and every prototype's method. Where key bytes are in reach, nothing is used
  // that could be replaced: what is needed is taken here, before any function runs (prelude/lazy.js sees to that); arrays are literals, and never iterated.
  const { apply, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Reflect;
  const Bytes = Uint8Array, parse = JSON.parse;
  const getSize = getOwnPropertyDescriptor(getPrototypeOf(Bytes.prototype), "byteLength").get;
  const sizeOf = (bytes) => apply(getSize, bytes, []);

  const refuse = (name, message) => { throw shared.domError(name, message); };
  const GENERATE = 6, IMPORT = 7, EXPORT = 8;
  const NOTHING = new Bytes(0), KEY_ROOM = 16384;
  const run = (what, params, input, room) => {
    const answer = host.crypto(what, params, input, room);
    if (typeof answer !== "string") return answer;
    const colon = answer.indexOf(": ");
    return refuse(answer.slice(0, colon), answer.slice(colon + 2));
  };

  // ---- what comes in
  const bytesOf = (value, what) => {
    if (ArrayBuffer.isView(value)) return new Bytes(value.buffer, value.byteOffset, value.byteLength);
    if (value instanceof ArrayBuffer) return new Bytes(value);
    throw new TypeError(`${what} is an ArrayBuffer or a view of one`);
  };
  const integer = (value, max, what) => {
    const number = Math.trunc(Number(value));
    if (!(number >= 0 && number <= max)) throw new TypeError(`${what} is a number from 0 to ${max}`);
    return number;
  };
  const need = (input, member) => {
    const value = input[member];
    if (value === undefined) throw new TypeError(`the algorithm needs \`${member}\``);
    return value;
  };
  const U16 = 65535, U32 = 4294967295;

  // ---- parameters, by algorithm and operation
  const none = () => ({});
  const hash = (input) => ({ hash: normalize("digest", need(input, "hash")).name });
  const aes = (input) => ({ length: integer(need(input, "length"), U16, "length") });
  const hmac = (input) => ({ ...hash(input), length: input.length === undefined ? undefined : integer(input.length, U32, "length") });
  const curve = (input) => ({ namedCurve: `${need(input, "namedCurve")}` });
  const iv = (input) => ({ iv: bytesOf(need(input, "iv"), "iv") });
  const gcm = (input) => ({
    ...iv(input),
    additionalData: input.additionalData === undefined ? NOTHING : bytesOf(input.additionalData, "additionalData"),
    tagLength: input.tagLength === undefined ? 128 : integer(input.tagLength, 255, "tagLength"),
  });
  const ctr = (input) => ({ counter: bytesOf(need(input, "counter"), "counter"), length: integer(need(input, "length"), 255, "length") });
  const oaep = (input) => ({ label: input.label === undefined ? NOTHING : bytesOf(input.label, "label") });
  const pss = (input) => ({ saltLength: integer(need(input, "saltLength"), U32, "saltLength") });
  const peer = (input) => {
    const key = need(input, "public");
    if (!isKey(key)) throw new TypeError("`public` is a CryptoKey");
    return { public: key };
  };
  const hkdf = (input) => ({ ...hash(input), salt: bytesOf(need(input, "salt"), "salt"), info: bytesOf(need(input, "info"), "info") });
  const pbkdf2 = (input) => ({
    ...hash(input), salt: bytesOf(need(input, "salt"), "salt"), iterations: integer(need(input, "iterations"), U32, "iterations"),
  });

  // `kind`: what the host calls its keys. Usages of secret or private, and of public keys.
  const signing = { secret: ["sign", "verify"], private: ["sign"], public: ["verify"] };
  const cipher = ["encrypt", "decrypt", "wrapKey", "unwrapKey"], deriving = ["deriveKey", "deriveBits"];
  const block = (params) => ({
    kind: "oct", usages: { secret: cipher }, generateKey: aes, getKeyLength: aes, importKey: none, encrypt: params, decrypt: params,
  });
  const rsa = (prefix, usages, more) => ({ kind: "RSA", jwk: prefix, usages, importKey: hash, ...more });
  const ALGORITHMS = {
    "SHA-1": { digest: none }, "SHA-256": { digest: none }, "SHA-384": { digest: none }, "SHA-512": { digest: none },
    "HMAC": { kind: "oct", usages: signing, generateKey: hmac, getKeyLength: hmac, importKey: hmac, sign: none, verify: none },
    "AES-GCM": { ...block(gcm), jwk: "GCM" }, "AES-CTR": { ...block(ctr), jwk: "CTR" }, "AES-CBC": { ...block(iv), jwk: "CBC" },
    "AES-KW": {
      kind: "oct", jwk: "KW", usages: { secret: ["wrapKey", "unwrapKey"] },
      generateKey: aes, getKeyLength: aes, importKey: none, wrapKey: none, unwrapKey: none,
    },
    "ECDSA": { kind: "EC", usages: signing, generateKey: curve, importKey: curve, sign: hash, verify: hash },
    "ECDH": { kind: "EC", usages: { private: deriving, public: [] }, generateKey: curve, importKey: curve, deriveBits: peer },
    "Ed25519": { kind: "Ed25519", usages: signing, generateKey: none, importKey: none, sign: none, verify: none },
    "X25519": { kind: "X25519", usages: { private: deriving, public: [] }, generateKey: none, importKey: none, deriveBits: peer },
    "RSASSA-PKCS1-v1_5": rsa("RS", signing, { sign: none, verify: none }),
    "RSA-PSS": rsa("PS", signing, { sign: pss, verify: pss }),
    "RSA-OAEP": rsa("RSA-OAEP", { private: ["decrypt", "unwrapKey"], public: ["encrypt", "wrapKey"] }, { encrypt: oaep, decrypt: oaep }),
    "HKDF": { kind: "KDF", usages: { secret: deriving }, getKeyLength: none, importKey: none, deriveBits: hkdf },
    "PBKDF2": { kind: "KDF", usages: { secret: deriving }, getKeyLength: none, importKey: none, deriveBits: pbkdf2 },
  };
  const NAMES = { __proto__: null };
  for (const name of Object.keys(ALGORITHMS)) {
    setPrototypeOf(ALGORITHMS[name], null);
    NAMES[name.toUpperCase()] = name;
  }
  const CURVES = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512", __proto__: null };

  const normalize = (operation, input) => {
    if (typeof input !== "object" && typeof input !== "function" || input === null) input = { name: `${input}` };
    const given = `${need(input, "name")}`, name = NAMES[given.toUpperCase()];
    const params = name === undefined ? undefined : ALGORITHMS[name][operation];
    if (params === undefined) refuse("NotSupportedError", `\`${given}\` is not supported for ${operation}`);
    return { name, ...params(input) };
  };

  // ---- keys
  const MAKE = Symbol();
  let isKey, inner;
  class CryptoKey {
    #type; #algorithm; #extractable; #usages; #material; #shown = null; #shownUsages = null;
    constructor(token, type, algorithm, extractable, usages, material) {
      if (token !== MAKE) throw new TypeError("a CryptoKey is made by generateKey, importKey, deriveKey or unwrapKey");
      this.#type = type;
      this.#algorithm = algorithm;
      this.#extractable = extractable;
      this.#usages = usages;
      this.#material = material;
    }
    get type() { return this.#type; }
    get extractable() { return this.#extractable; }
    // Copies: what is written to them changes no key.
    get algorithm() { return this.#shown ??= shown(this.#algorithm); }
    get usages() { return this.#shownUsages ??= [...this.#usages]; }
    static {
      isKey = (value) => typeof value === "object" && value !== null && #material in value;
      inner = (key) => ({ type: key.#type, algorithm: key.#algorithm, extractable: key.#extractable, usages: key.#usages, material: key.#material });
    }
  }
  shared.tag(CryptoKey, "CryptoKey");
  const shown = ({ name, hash, length, namedCurve, modulusLength, publicExponent }) => {
    const copy = { name };
    if (modulusLength !== undefined) copy.modulusLength = modulusLength;
    if (publicExponent !== undefined) copy.publicExponent = new Bytes(publicExponent);
    if (hash !== undefined) copy.hash = { name: hash };
    if (length !== undefined) copy.length = length;
    if (namedCurve !== undefined) copy.namedCurve = namedCurve;
    return copy;
  };

  const USAGES = ["encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"];
  const usagesOf = (given) => {
    const wanted = [];
    for (const usage of given) {
      if (!USAGES.includes(`${usage}`)) throw new TypeError(`\`${usage}\` is no usage of a key; there are ${USAGES.join(", ")}`);
      wanted.push(`${usage}`);
    }
    return USAGES.filter((usage) => wanted.includes(usage));
  };
  const checkUsages = (name, type, usages) => {
    const allowed = ALGORITHMS[name].usages[type];
    for (const usage of usages) {
      if (!allowed.includes(usage)) refuse("SyntaxError", `a ${type} key of ${name} is not for ${usage}`);
    }
  };
  const make = (type, algorithm, extractable, usages, material) => {
    if (type !== "public" && usages.length === 0) refuse("SyntaxError", `a ${type} key needs a usage`);
    return new CryptoKey(MAKE, type, algorithm, type === "public" || extractable, usages, material);
  };

  const aesLength = (length, error) => {
    if (length !== 128 && length !== 192 && length !== 256) refuse(error, "an AES key has 128, 192 or 256 bits");
    return length;
  };
  const blockBits = (hash) => hash === "SHA-1" || hash === "SHA-256" ? 512 : 1024;
  // The bits that `deriveKey` asks for; `null`: as many as there are.
  const keyLength = ({ name, length, hash }) => {
    if (name === "HKDF" || name === "PBKDF2") return null;
    if (name !== "HMAC") return aesLength(length, "OperationError");
    if (length === 0) throw new TypeError("a key of HMAC has at least one bit");
    return length ?? blockBits(hash);
  };
  const kindOf = ({ name, namedCurve }) => ALGORITHMS[name].kind === "EC" ? namedCurve : ALGORITHMS[name].kind;

  const generate = (algorithm, extractable, usages) => {
    const { name } = algorithm, { kind, usages: allowed } = ALGORITHMS[name];
    if (kind === "oct") {
      checkUsages(name, "secret", usages);
      const length = name === "HMAC" ? algorithm.length ?? blockBits(algorithm.hash) : aesLength(algorithm.length, "OperationError");
      if (length === 0 || length > 524288) refuse("OperationError", "a key of HMAC has 1 to 524288 bits");
      if (length % 8) refuse("NotSupportedError", "a key has whole bytes");
      const material = new Bytes(length / 8);
      host.random(material);
      return make("secret", { ...algorithm, length }, extractable, usages, material);
    }
    for (const usage of usages) {
      if (!allowed.private.includes(usage) && !allowed.public.includes(usage)) refuse("SyntaxError", `keys of ${name} are not for ${usage}`);
    }
    if (kind === "EC" && CURVES[algorithm.namedCurve] === undefined) refuse("NotSupportedError", "there are the curves P-256, P-384 and P-521");
    const mine = usages.filter((usage) => allowed.private.includes(usage));
    if (mine.length === 0) refuse("SyntaxError", "a private key needs a usage");
    if (host.tooEarly("randomness")) refuse("OperationError", "there is no randomness here");
    const pair = run(GENERATE, [kindOf(algorithm)], NOTHING, KEY_ROOM);
    return {
      privateKey: make("private", algorithm, extractable, mine, pair[0]),
      publicKey: make("public", algorithm, true, usages.filter((usage) => allowed.public.includes(usage)), pair[1]),
    };
  };

  // ---- forms of keys
  const jwkAlgorithm = ({ name, hash, length }) => {
    const bits = hash?.slice(4), { jwk } = ALGORITHMS[name];
    if (name === "HMAC") return `HS${bits}`;
    if (name === "RSA-OAEP") return bits === "1" ? jwk : `${jwk}-${bits}`;
    return hash ? `${jwk}${bits}` : jwk && `A${length}${jwk}`;
  };
  const bad = (what) => refuse("DataError", `the JWK ${what}`);
  const checkJwk = (jwk, kty, use, extractable, usages) => {
    if (jwk.kty !== kty) bad(`has not the \`kty\` ${kty}`);
    if (usages.length && jwk.use !== undefined && jwk.use !== use) bad(`has not the \`use\` ${use}`);
    const operations = jwk.key_ops;
    if (operations !== undefined) {
      if (!Array.isArray(operations) || operations.some((one, at) => operations.indexOf(one) !== at)) bad("has no valid `key_ops`");
      if (!usages.every((usage) => operations.includes(usage))) bad("does not allow all usages in its `key_ops`");
    }
    if (jwk.ext === false && extractable) bad("is not extractable");
  };
  const isText = (value) => { if (typeof value !== "string" || value === "") bad("lacks a field, or has one that is no text"); return value; };

  const importSecret = (format, data, algorithm, extractable, usages) => {
    const { name } = algorithm, { kind } = ALGORITHMS[name];
    if (format !== "raw" && (format !== "jwk" || kind === "KDF")) refuse("NotSupportedError", `keys of ${name} do not have the format ${format}`);
    checkUsages(name, "secret", usages);
    if (kind === "KDF") {
      if (extractable) refuse("SyntaxError", `a key of ${name} is not extractable`);
      return make("secret", algorithm, false, usages, new Bytes(data));
    }
    let material;
    if (format === "raw") material = new Bytes(data);
    else {
      checkJwk(data, "oct", name === "HMAC" ? "sig" : "enc", extractable, usages);
      material = run(IMPORT, ["oct", "jwk", isText(data.k)], NOTHING, KEY_ROOM)[0];
    }
    let length = sizeOf(material) * 8;
    if (name !== "HMAC") aesLength(length, "DataError");
    else {
      if (length === 0) refuse("DataError", "a key of HMAC has at least one byte");
      const wanted = algorithm.length;
      if (wanted !== undefined && (wanted > length || wanted <= length - 8)) refuse("DataError", "the key has not the `length` that is asked for");
      if (wanted !== undefined && wanted % 8) refuse("NotSupportedError", "a key has whole bytes");
    }
    const made = { ...algorithm, length };
    if (format === "jwk" && data.alg !== undefined && data.alg !== jwkAlgorithm(made)) bad(`is not for ${jwkAlgorithm(made)}`);
    return make("secret", made, extractable, usages, material);
  };

  const importPair = (format, data, algorithm, extractable, usages) => {
    const { name, namedCurve } = algorithm, { kind } = ALGORITHMS[name], of = kindOf(algorithm);
    if (kind === "EC" && CURVES[namedCurve] === undefined) refuse("NotSupportedError", "there are the curves P-256, P-384 and P-521");
    let type = "public", found;
    if (format === "jwk") {
      type = data.d === undefined ? "public" : "private";
      checkUsages(name, type, usages);
      checkJwk(data, kind === "RSA" || kind === "EC" ? kind : "OKP", usages.length && /^(sign|verify)$/.test(usages[0]) ? "sig" : "enc", extractable, usages);
      if (kind === "RSA") {
        if (data.alg !== undefined && data.alg !== jwkAlgorithm(algorithm)) bad(`is not for ${jwkAlgorithm(algorithm)}`);
        if (data.oth !== undefined) refuse("NotSupportedError", "RSA keys have two primes");
        found = type === "public" ? run(IMPORT, [of, format, isText(data.n), isText(data.e)], NOTHING, KEY_ROOM) : run(IMPORT, [of, format,
          isText(data.n), isText(data.e), isText(data.d), isText(data.p), isText(data.q), isText(data.dp), isText(data.dq), isText(data.qi)], NOTHING, KEY_ROOM);
      } else {
        if (data.crv !== of) bad(`is not of ${of}`);
        if (name === "ECDSA" && data.alg !== undefined && data.alg !== CURVES[of]) bad(`is not for ${CURVES[of]}`);
        if (name === "Ed25519" && data.alg !== undefined && data.alg !== "Ed25519" && data.alg !== "EdDSA") bad("is not for Ed25519");
        const x = isText(data.x), d = type === "private" ? isText(data.d) : "";
        found = run(IMPORT, kind === "EC" ? [of, format, x, isText(data.y), d] : [of, format, x, d], NOTHING, KEY_ROOM);
      }
    } else {
      if (format === "pkcs8") type = "private";
      checkUsages(name, type, usages);
      found = run(IMPORT, [of, format], data, KEY_ROOM);
    }
    const made = kind !== "RSA" ? algorithm : { ...algorithm, modulusLength: +host.fromUtf8(found[1], false), publicExponent: found[2] };
    return make(type, made, extractable, usages, found[0]);
  };

  const importKey = (format, data, algorithm, extractable, usages) => {
    const { kind } = ALGORITHMS[algorithm.name];
    return (kind === "oct" || kind === "KDF" ? importSecret : importPair)(format, data, algorithm, extractable, usages);
  };

  const FIELDS = { oct: ["k"], RSA: ["n", "e", "d", "p", "q", "dp", "dq", "qi"], EC: ["x", "y", "d"], OKP: ["x", "d"] };
  const exportKey = (format, key) => {
    const { type, algorithm, extractable, usages, material } = inner(key), { kind } = ALGORITHMS[algorithm.name];
    if (kind === "KDF") refuse("NotSupportedError", `keys of ${algorithm.name} are not exported`);
    const formats = kind === "oct" ? ["raw", "jwk"] : kind === "RSA" ? ["spki", "pkcs8", "jwk"] : ["raw", "spki", "pkcs8", "jwk"];
    if (!formats.includes(format)) refuse("NotSupportedError", `keys of ${algorithm.name} do not have the format ${format}`);
    if (!extractable) refuse("InvalidAccessError", "the key is not extractable");
    if (format === "pkcs8" ? type !== "private" : format !== "jwk" && type === "private") refuse("InvalidAccessError", `a ${type} key has no format ${format}`);
    const found = run(EXPORT, [kindOf(algorithm), format, type, material], NOTHING, sizeOf(material) * 2 + KEY_ROOM);
    if (format !== "jwk") return found[0];
    const kty = kind === "oct" || kind === "RSA" || kind === "EC" ? kind : "OKP", jwk = { kty };
    found.forEach((field, at) => { jwk[FIELDS[kty][at]] = host.fromUtf8(field, false); });
    if (kty === "EC" || kty === "OKP") jwk.crv = kindOf(algorithm);
    const alg = jwkAlgorithm(algorithm);
    if (alg !== undefined) jwk.alg = alg;
    jwk.key_ops = [...usages];
    jwk.ext = true;
    return jwk;
  };

  // What was unwrapped, as an object that inherits nothing: reading a field that it has not must not call the user.
  const readJwk = (bytes) => {
    const text = host.fromUtf8(bytes, true);
    let jwk;
    try { jwk = text === undefined ? null : parse(text); } catch { jwk = null; }
    if (typeof jwk !== "object" || jwk === null) refuse("DataError", "what was unwrapped is no JWK");
    setPrototypeOf(jwk, null);
    return jwk;
  };

  return {
    CryptoKey, run, refuse, bytesOf, integer, sizeOf, normalize, isKey, inner, usagesOf, keyLength, generate, importKey, exportKey, readJwk,
  };
})
