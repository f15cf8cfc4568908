// crypto.subtle, and what Node's module of hashes is made of.
(function (host, shared, need) {
  const {
    CryptoKey, run, refuse, bytesOf, integer, sizeOf, normalize, isKey, inner, usagesOf, keyLength, generate, importKey, exportKey, readJwk,
  } = need("web:crypto_key");
  const Bytes = Uint8Array, write = JSON.stringify;
  const DIGEST = 0, SIGN = 1, VERIFY = 2, ENCRYPT = 3, DECRYPT = 4, DERIVE = 5;
  const NOTHING = new Bytes(0), ROOM = 1024, MORE = 1088;
  const FORMATS = ["raw", "pkcs8", "spki", "jwk"];

  const formatOf = (format) => {
    if (!FORMATS.includes(`${format}`)) throw new TypeError(`\`${format}\` is no format of a key; there are ${FORMATS.join(", ")}`);
    return `${format}`;
  };
  // What is behind a key, if it may be used so.
  const use = (key, algorithm, usage, type) => {
    if (!isKey(key)) throw new TypeError("a CryptoKey is needed");
    const found = inner(key);
    if (found.algorithm.name !== algorithm.name) refuse("InvalidAccessError", `a key of ${found.algorithm.name} is not for ${algorithm.name}`);
    if (type !== undefined && found.type !== "secret" && found.type !== type) refuse("InvalidAccessError", `a ${found.type} key is not for ${usage}`);
    if (!found.usages.includes(usage)) refuse("InvalidAccessError", `the key is not for ${usage}`);
    return found;
  };

  const hashFor = (algorithm, key) => algorithm.name === "ECDSA" ? algorithm.hash : key.algorithm.hash;
  const sign = (algorithm, key, data) => {
    const { name } = algorithm, { material } = key, hash = hashFor(algorithm, key);
    const random = name !== "HMAC" && name !== "Ed25519";
    if (random && host.tooEarly("randomness")) refuse("OperationError", "there is no randomness here");
    if (name === "ECDSA") return run(SIGN, [name, material, key.algorithm.namedCurve, hash], data, ROOM);
    if (name === "Ed25519") return run(SIGN, [name, material], data, ROOM);
    return run(SIGN, [name, material, hash, algorithm.saltLength ?? 0], data, ROOM);
  };
  const verify = (algorithm, key, signature, data) => {
    const { name } = algorithm, { material } = key, hash = hashFor(algorithm, key);
    let answer;
    if (name === "ECDSA") answer = run(VERIFY, [name, signature, material, key.algorithm.namedCurve, hash], data, ROOM);
    else if (name === "Ed25519") answer = run(VERIFY, [name, signature, material], data, ROOM);
    else answer = run(VERIFY, [name, signature, material, hash, algorithm.saltLength ?? 0], data, ROOM);
    return answer[0] === 1;
  };

  const crypt = (what, algorithm, key, data) => {
    const { name } = algorithm, { material } = key, room = sizeOf(data) + MORE;
    switch (name) {
      case "AES-GCM":
        if (algorithm.tagLength !== 128) {
          const known = [32, 64, 96, 104, 112, 120].includes(algorithm.tagLength);
          refuse(known ? "NotSupportedError" : "OperationError", "AES-GCM has a `tagLength` of 128");
        }
        if (what === DECRYPT && sizeOf(data) < 16) refuse("OperationError", "the input is shorter than its tag");
        return run(what, [name, material, algorithm.iv, algorithm.additionalData], data, room);
      case "AES-CTR":
        if (sizeOf(algorithm.counter) !== 16 || algorithm.length < 1 || algorithm.length > 128) {
          refuse("OperationError", "AES-CTR takes a `counter` of 16 bytes and a `length` of 1 to 128");
        }
        return run(what, [name, material, algorithm.counter, algorithm.length], data, room);
      case "AES-CBC":
        if (sizeOf(algorithm.iv) !== 16) refuse("OperationError", "AES-CBC takes an `iv` of 16 bytes");
        return run(what, [name, material, algorithm.iv], data, room);
      case "AES-KW":
        return run(what, [name, material], data, room);
      default:
        if (host.tooEarly("randomness")) refuse("OperationError", "there is no randomness here");
        return run(what, [name, material, key.algorithm.hash, algorithm.label], data, room);
    }
  };

  // `bits`: `null` for all that there are.
  const derive = (algorithm, key, bits) => {
    const { name } = algorithm, { material } = key;
    if (name === "ECDH" || name === "X25519") {
      const peer = inner(algorithm.public);
      if (peer.type !== "public") refuse("InvalidAccessError", "`public` is a public key");
      if (peer.algorithm.name !== name || peer.algorithm.namedCurve !== key.algorithm.namedCurve) {
        refuse("InvalidAccessError", "`public` is a key of the same algorithm and curve");
      }
      if (bits === 0) return new Bytes(0);
      return run(DERIVE, [name, material, peer.material, bits ?? 0, key.algorithm.namedCurve ?? ""], NOTHING, ROOM);
    }
    if (bits === null || bits % 8) refuse("OperationError", `${name} needs a length, in whole bytes`);
    const bytes = bits / 8, last = name === "HKDF" ? algorithm.info : algorithm.iterations;
    if (name === "PBKDF2" && last === 0) refuse("OperationError", "PBKDF2 needs an iteration");
    return run(DERIVE, [name, material, bytes, algorithm.hash, algorithm.salt, last], NOTHING, bytes);
  };

  const wrapping = (operation, plain, input) => {
    try { return normalize(operation, input); } catch (error) {
      if (error?.name !== "NotSupportedError") throw error;
      return normalize(plain, input);
    }
  };
  const optionalBits = (length) => length === null || length === undefined ? null : integer(length, 4294967295, "length");

  const MAKE = Symbol();
  class SubtleCrypto {
    constructor(token) { if (token !== MAKE) throw new TypeError("`crypto.subtle` is the only one there is"); }
    async digest(algorithm, data) {
      const { name } = normalize("digest", algorithm);
      return run(DIGEST, [name], bytesOf(data, "the data"), ROOM).buffer;
    }
    async sign(algorithm, key, data) {
      const wanted = normalize("sign", algorithm), bytes = bytesOf(data, "the data");
      return sign(wanted, use(key, wanted, "sign", "private"), bytes).buffer;
    }
    async verify(algorithm, key, signature, data) {
      const wanted = normalize("verify", algorithm), tag = bytesOf(signature, "the signature"), bytes = bytesOf(data, "the data");
      return verify(wanted, use(key, wanted, "verify", "public"), tag, bytes);
    }
    async encrypt(algorithm, key, data) {
      const wanted = normalize("encrypt", algorithm), bytes = bytesOf(data, "the data");
      return crypt(ENCRYPT, wanted, use(key, wanted, "encrypt", "public"), bytes).buffer;
    }
    async decrypt(algorithm, key, data) {
      const wanted = normalize("decrypt", algorithm), bytes = bytesOf(data, "the data");
      return crypt(DECRYPT, wanted, use(key, wanted, "decrypt", "private"), bytes).buffer;
    }
    async generateKey(algorithm, extractable, usages) {
      return generate(normalize("generateKey", algorithm), !!extractable, usagesOf(usages));
    }
    async importKey(format, data, algorithm, extractable, usages) {
      const form = formatOf(format), wanted = normalize("importKey", algorithm), uses = usagesOf(usages);
      if (form !== "jwk") data = bytesOf(data, "the key");
      else if (typeof data !== "object" || data === null || ArrayBuffer.isView(data) || data instanceof ArrayBuffer) {
        throw new TypeError("a JWK is an object");
      }
      return importKey(form, data, wanted, !!extractable, uses);
    }
    async exportKey(format, key) {
      const form = formatOf(format);
      if (!isKey(key)) throw new TypeError("a CryptoKey is needed");
      const found = exportKey(form, key);
      return form === "jwk" ? found : found.buffer;
    }
    async deriveBits(algorithm, key, length) {
      const wanted = normalize("deriveBits", algorithm);
      return derive(wanted, use(key, wanted, "deriveBits", "private"), optionalBits(length)).buffer;
    }
    async deriveKey(algorithm, key, derived, extractable, usages) {
      const wanted = normalize("deriveBits", algorithm), target = normalize("importKey", derived);
      const length = keyLength(normalize("getKeyLength", derived)), uses = usagesOf(usages);
      const secret = derive(wanted, use(key, wanted, "deriveKey", "private"), length);
      return importKey("raw", secret, target, !!extractable, uses);
    }
    async wrapKey(format, key, by, algorithm) {
      const form = formatOf(format), wanted = wrapping("wrapKey", "encrypt", algorithm);
      const wrapper = use(by, wanted, "wrapKey", "public");
      if (!isKey(key)) throw new TypeError("a CryptoKey is needed");
      const found = exportKey(form, key), bytes = form === "jwk" ? host.utf8(write(found)) : found;
      return crypt(ENCRYPT, wanted, wrapper, bytes).buffer;
    }
    async unwrapKey(format, wrapped, by, algorithm, of, extractable, usages) {
      const form = formatOf(format), data = bytesOf(wrapped, "the wrapped key");
      const wanted = wrapping("unwrapKey", "decrypt", algorithm), target = normalize("importKey", of), uses = usagesOf(usages);
      const found = crypt(DECRYPT, wanted, use(by, wanted, "unwrapKey", "private"), data);
      return importKey(form, form === "jwk" ? readJwk(found) : found, target, !!extractable, uses);
    }
  }
  shared.tag(SubtleCrypto, "SubtleCrypto");
  const subtle = new SubtleCrypto(MAKE);

  // A key never changes, so one is as good as its copy.
  shared.cloned.push([CryptoKey, (key) => key]);

  // What node:crypto computes at once. Bytes in, bytes out.
  const text = (value) => typeof value === "string" ? host.utf8(value) : bytesOf(value, "the data");
  const HASHES = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512", __proto__: null };
  const hashOf = (name) => HASHES[`${name}`.toLowerCase().replace("-", "")];
  const hashes = {
    names: Object.keys(HASHES),
    isHash: (name) => hashOf(name) !== undefined,
    digest: (name, data) => run(DIGEST, [hashOf(name)], data, ROOM),
    hmac: (name, key, data) => run(SIGN, ["HMAC", text(key), hashOf(name)], data, ROOM),
    equal: (a, b) => run(VERIFY, ["equal", a], b, ROOM)[0] === 1,
    pbkdf2: (name, password, salt, iterations, bytes) =>
      run(DERIVE, ["PBKDF2", text(password), bytes, hashOf(name), text(salt), iterations], NOTHING, bytes),
    hkdf: (name, key, salt, info, bytes) => run(DERIVE, ["HKDF", text(key), bytes, hashOf(name), text(salt), text(info)], NOTHING, bytes),
    random: (bytes) => {
      const filled = new Bytes(bytes);
      for (let at = 0; at < bytes; at += 65536) host.random(new Bytes(filled.buffer, at, Math.min(65536, bytes - at)));
      return filled;
    },
  };
  // Keys of node:crypto, which can always be exported: `material` is what the host made of them.
  const IMPORT = 7, EXPORT = 8, GENERATE = 6, KEY_ROOM = 16384;
  const pairs = {
    hashOf,
    equal: hashes.equal,
    importKey: (kind, format, data) => run(IMPORT, [kind, format], data, KEY_ROOM)[0],
    importJwk: (kind, fields) => run(IMPORT, [kind, "jwk", ...fields], NOTHING, KEY_ROOM)[0],
    exportKey: (kind, format, type, material) => run(EXPORT, [kind, format, type, material], NOTHING, sizeOf(material) * 2 + KEY_ROOM),
    generate: (kind) => {
      if (host.tooEarly("randomness")) refuse("OperationError", "there is no randomness here");
      return run(GENERATE, [kind], NOTHING, KEY_ROOM);
    },
    sign: ([name, ...how], material, data) => {
      if (name !== "Ed25519" && host.tooEarly("randomness")) refuse("OperationError", "there is no randomness here");
      return run(SIGN, [name, material, ...how], data, ROOM);
    },
    verify: ([name, ...how], material, signature, data) => run(VERIFY, [name, signature, material, ...how], data, ROOM)[0] === 1,
  };
  return { SubtleCrypto, CryptoKey, subtle, hashes, pairs };
})
