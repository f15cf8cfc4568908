// node:crypto: hashes, HMAC, chance, keys from passwords, signatures; the rest of it is `webcrypto`. The host computes (web/crypto.js).
(function (host, shared, need) {
  const { Buffer } = need("node:buffer"), { refuse } = need("node:_refused"), { hashes } = need("web:crypto"), keys = need("node:_keys");
  const error = (Type, code, message) => Object.assign(new Type(message), { code });
  const invalid = (message) => error(TypeError, "ERR_INVALID_ARG_TYPE", message);
  const bytesOf = (data, encoding) => {
    if (typeof data === "string") return Buffer.from(data, encoding === "buffer" ? undefined : encoding);
    if (!ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer)) throw invalid("the data is a string, a Buffer, a TypedArray or a DataView");
    return shared.bytesOf(data);
  };
  const known = (name) => {
    if (typeof name !== "string") throw invalid("the name of the hash is a string");
    if (!hashes.isHash(name)) throw error(Error, "ERR_CRYPTO_INVALID_DIGEST", `\`${name}\` is not supported; there are ${hashes.names.join(", ")}`);
    return name;
  };
  const buffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = (bytes, encoding) => encoding === undefined || encoding === "buffer" ? buffer(bytes) : buffer(bytes).toString(encoding);
  const count = (value, max, what) => {
    if (typeof value !== "number") throw invalid(`${what} is a number`);
    if (!Number.isInteger(value) || value < 0 || value > max) throw error(RangeError, "ERR_OUT_OF_RANGE", `${what} is a whole number from 0 to ${max}`);
    return value;
  };
  // With a callback at the end: called later, with what there is by then.
  const later = (done, compute) => {
    if (typeof done !== "function") throw invalid("the callback is a function");
    shared.task(() => {
      let result;
      try { result = compute(); } catch (error) { done(error); return; }
      done(null, result);
    });
  };

  // ---- hashes: the pieces are kept, and hashed at once
  class Hash {
    #finish; #pieces = []; #ended = false;
    constructor(finish) { this.#finish = finish; }
    update(data, encoding) {
      if (this.#ended) throw error(Error, "ERR_CRYPTO_HASH_FINALIZED", "the digest was already asked for");
      this.#pieces.push(Buffer.from(bytesOf(data, encoding)));
      return this;
    }
    digest(encoding) {
      if (this.#ended) throw error(Error, "ERR_CRYPTO_HASH_FINALIZED", "the digest was already asked for");
      this.#ended = true;
      const data = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
      this.#pieces = [];
      return out(this.#finish(shared.bytesOf(data)), encoding);
    }
    copy() {
      if (this.#ended) throw error(Error, "ERR_CRYPTO_HASH_FINALIZED", "the digest was already asked for");
      const copy = new this.constructor(this.#finish);
      copy.#pieces = [...this.#pieces];
      return copy;
    }
  }
  class Hmac extends Hash { copy() { throw new TypeError("an Hmac has no copy"); } }
  const createHash = (name) => { known(name); return new Hash((data) => hashes.digest(name, data)); };
  const createHmac = (name, key) => { known(name); const secret = bytesOf(keys.secretOf(key)).slice(); return new Hmac((data) => hashes.hmac(name, secret, data)); };
  const hash = (name, data, encoding = "hex") => createHash(name).update(data).digest(encoding);

  const timingSafeEqual = (a, b) => {
    const one = bytesOf(a), other = bytesOf(b);
    if (typeof a === "string" || typeof b === "string") throw invalid("what is compared is a Buffer, a TypedArray or a DataView");
    if (one.length !== other.length) throw error(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "what is compared has the same length");
    return hashes.equal(one, other);
  };

  // ---- chance
  const BYTES_MAX = 2 ** 31 - 1, RANGE_MAX = 2 ** 48 - 1;
  const randomBytes = (size, done) => {
    count(size, BYTES_MAX, "the size");
    if (done === undefined) return buffer(hashes.random(size));
    later(done, () => buffer(hashes.random(size)));
  };
  const randomFillSync = (data, offset = 0, size = undefined) => {
    const bytes = bytesOf(data);
    count(offset, bytes.length, "the offset");
    bytes.set(hashes.random(count(size ?? bytes.length - offset, bytes.length - offset, "the size")), offset);
    return data;
  };
  const randomFill = (data, ...rest) => { const done = rest.pop(); later(done, () => randomFillSync(data, ...rest)); };
  const drawn = (min, max) => {
    const range = max - min;
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) throw invalid("the bounds are whole numbers");
    if (range <= 0 || range > RANGE_MAX) throw error(RangeError, "ERR_OUT_OF_RANGE", "the upper bound is above the lower, by less than 2 to the 48");
    // What is beyond the last whole multiple would come more often than the rest.
    const limit = 2 ** 48 - 2 ** 48 % range;
    for (;;) {
      const number = buffer(hashes.random(6)).readUIntBE(0, 6);
      if (number < limit) return min + number % range;
    }
  };
  const randomInt = (min, max, done) => {
    if (max === undefined || typeof max === "function") { done = max; max = min; min = 0; }
    if (done === undefined) return drawn(min, max);
    later(done, () => drawn(min, max));
  };

  // ---- keys from passwords and secrets
  const pbkdf2Sync = (password, salt, iterations, length, name) => {
    known(name);
    if (count(iterations, 10_000_000, "the number of iterations") === 0) throw error(RangeError, "ERR_OUT_OF_RANGE", "there is at least one iteration");
    return buffer(hashes.pbkdf2(name, bytesOf(password), bytesOf(salt), iterations, count(length, 65536, "the length")));
  };
  const pbkdf2 = (password, salt, iterations, length, name, done) => later(done, () => pbkdf2Sync(password, salt, iterations, length, name));
  const hkdfSync = (name, key, salt, info, length) => {
    known(name);
    return hashes.hkdf(name, bytesOf(key), bytesOf(salt), bytesOf(info), count(length, 65536, "the length")).buffer;
  };
  const hkdf = (name, key, salt, info, length, done) => later(done, () => hkdfSync(name, key, salt, info, length));

  const exports = {
    Hash, Hmac, createHash, createHmac, getHashes: () => [...hashes.names], hash, hkdf, hkdfSync, pbkdf2, pbkdf2Sync, randomBytes,
    randomFill, randomFillSync, randomInt, randomUUID: () => crypto.randomUUID(), getRandomValues: (view) => crypto.getRandomValues(view),
    timingSafeEqual, webcrypto: crypto, subtle: crypto.subtle, ...keys.exports, getCiphers: () => [], getCurves: () => [],
  };
  for (const name of ["Certificate", "Cipheriv", "Decipheriv", "DiffieHellman", "ECDH", "X509Certificate", "createCipheriv", "createDecipheriv",
    "createDiffieHellman", "createECDH", "diffieHellman", "generateKey", "generateKeySync", "privateDecrypt", "privateEncrypt", "publicDecrypt",
    "publicEncrypt", "scrypt", "scryptSync"]) exports[name] = refuse("node:crypto", name);
  return { ...exports, default: exports };
})
