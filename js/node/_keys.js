// Keys of node:crypto, and signatures by them. Node's keys can always be exported; whoever wants one that cannot uses `crypto.subtle`.
(function (host, shared, need) {
  const { Buffer } = need("node:buffer"), { pairs } = need("web:crypto");
  const error = (Type, code, message) => Object.assign(new Type(message), { code });
  const wrong = (message) => error(TypeError, "ERR_INVALID_ARG_TYPE", message);
  const unreadable = (message) => error(Error, "ERR_OSSL_UNSUPPORTED", message);
  const buffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isBytes = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

  // What the host calls a key, and what Node calls it.
  const KINDS = ["RSA", "P-256", "P-384", "P-521", "Ed25519", "X25519"];
  const TYPES = { "RSA": "rsa", "P-256": "ec", "P-384": "ec", "P-521": "ec", "Ed25519": "ed25519", "X25519": "x25519" };
  const CURVES = { "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" };
  const BYTES = { "P-256": 32, "P-384": 48, "P-521": 66 };
  const OIDS = { "P-256": "2a8648ce3d030107", "P-384": "2b81040022", "P-521": "2b81040023" };
  const FIELDS = { RSA: ["n", "e", "d", "p", "q", "dp", "dq", "qi"], EC: ["x", "y", "d"], OKP: ["x", "d"] };
  const typeOf = (kind) => kind === "RSA" ? "RSA" : CURVES[kind] ? "EC" : "OKP";

  // ---- DER, as far as older forms of keys and signatures need it
  const der = (tag, ...parts) => {
    const body = Buffer.concat(parts), { length } = body;
    const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
    return Buffer.concat([Buffer.from([tag, ...size]), body]);
  };
  const NULL = Buffer.from([5, 0]), ZERO = Buffer.from([2, 1, 0]);
  const oid = (hex) => der(6, Buffer.from(hex, "hex"));
  const RSA = der(0x30, oid("2a864886f70d010101"), NULL);
  const integer = (bytes) => {
    let at = 0;
    while (at < bytes.length - 1 && bytes[at] === 0) at++;
    const rest = bytes.subarray(at);
    return der(2, rest[0] & 128 ? Buffer.concat([Buffer.from([0]), rest]) : rest);
  };
  const toDer = (raw) => der(0x30, integer(raw.subarray(0, raw.length / 2)), integer(raw.subarray(raw.length / 2)));
  // `undefined`: it is no signature of this form.
  const fromDer = (bytes, size) => {
    const out = Buffer.alloc(size * 2);
    let at = bytes[1] === 0x81 ? 3 : 2;
    if (bytes[0] !== 0x30 || bytes[at - 1] !== bytes.length - at) return undefined;
    for (const end of [size, size * 2]) {
      if (bytes[at] !== 2) return undefined;
      let number = bytes.subarray(at + 2, at + 2 + bytes[at + 1]);
      at += 2 + bytes[at + 1];
      while (number.length > size && number[0] === 0) number = number.subarray(1);
      if (number.length > size) return undefined;
      out.set(number, end - number.length);
    }
    return at === bytes.length ? out : undefined;
  };

  // ---- reading
  const attempt = (kinds, format, bytes) => {
    // Of the others it is no key at all; of its own kind it may be one that is refused.
    let why = "it is broken, or of no kind that is supported (RSA, P-256, P-384, P-521, Ed25519, X25519)";
    for (const kind of kinds) {
      try { return [kind, pairs.importKey(kind, format, bytes)]; } catch (failure) {
        if (!/no key of this kind/.test(failure.message)) why = failure.message;
      }
    }
    throw unreadable(`the key cannot be read: ${why}`);
  };
  const sec1 = (bytes) => {
    for (const [kind, curve] of Object.entries(OIDS)) {
      try { return [kind, pairs.importKey(kind, "pkcs8", der(0x30, ZERO, der(0x30, oid("2a8648ce3d0201"), oid(curve)), der(4, bytes)))]; } catch { /* of another curve */ }
    }
    throw unreadable("the key is of no curve that is supported (P-256, P-384, P-521), or broken");
  };
  const FORMS = {
    "PRIVATE KEY": (bytes) => ["private", ...attempt(KINDS, "pkcs8", bytes)],
    "PUBLIC KEY": (bytes) => ["public", ...attempt(KINDS, "spki", bytes)],
    "RSA PRIVATE KEY": (bytes) => ["private", ...attempt(["RSA"], "pkcs8", der(0x30, ZERO, RSA, der(4, bytes)))],
    "RSA PUBLIC KEY": (bytes) => ["public", ...attempt(["RSA"], "spki", der(0x30, RSA, der(3, Buffer.from([0]), bytes)))],
    "EC PRIVATE KEY": (bytes) => ["private", ...sec1(bytes)],
  };
  const LABELS = { pkcs8: "PRIVATE KEY", spki: "PUBLIC KEY", sec1: "EC PRIVATE KEY" };
  const pem = (text) => {
    const [, label, body] = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/.exec(text) ?? [];
    if (label === undefined) throw unreadable("the key is no PEM");
    const form = Object.hasOwn(FORMS, label) ? FORMS[label] : undefined;
    if (form === undefined) throw unreadable(`a PEM of the kind \`${label}\` is not supported; there are ${Object.keys(FORMS).join(", ")}`);
    return form(Buffer.from(body.replace(/\s+/g, ""), "base64"));
  };
  const jwk = (given) => {
    const kind = given.kty === "RSA" ? "RSA" : given.crv;
    if (!KINDS.includes(kind) || typeOf(kind) !== given.kty) throw unreadable("the JWK is of no kind that is supported");
    const fields = FIELDS[typeOf(kind)], type = given.d === undefined ? "public" : "private";
    const all = fields.slice(0, type === "private" ? undefined : kind === "RSA" ? 2 : fields.length - 1).map((name) => `${given[name] ?? ""}`);
    return [type, kind, pairs.importJwk(kind, all)];
  };
  const read = (given) => {
    if (given instanceof KeyObject) return [given.type, ...kept(given)];
    if (typeof given === "string") return pem(given);
    if (isBytes(given)) return pem(Buffer.from(shared.bytesOf(given)).toString("latin1"));
    if (typeof given !== "object" || given === null) throw wrong("a key is a text, bytes, a KeyObject, or an object with `key`");
    const { key, format = "pem", type, passphrase } = given;
    if (passphrase !== undefined) throw unreadable("keys with a passphrase are not supported");
    if (format === "jwk") return jwk(key);
    if (format !== "der") return read(key);
    const label = type === "pkcs1" ? "RSA PRIVATE KEY" : LABELS[type];
    if (label === undefined) throw error(TypeError, "ERR_INVALID_ARG_VALUE", "a key as DER needs its `type`: pkcs8, spki, pkcs1 or sec1");
    return FORMS[label](Buffer.from(shared.bytesOf(key)));
  };
  const publicOf = (kind, material) => {
    const fields = pairs.exportKey(kind, "jwk", "private", material).map((field) => host.fromUtf8(field, false));
    return pairs.importJwk(kind, kind === "RSA" ? fields.slice(0, 2) : fields.slice(0, -1));
  };

  // ---- the object
  let kept;
  const MAKE = Symbol();
  class KeyObject {
    #type; #kind; #material;
    constructor(token, type, kind, material) {
      if (token !== MAKE) throw wrong("keys are made by `createSecretKey`, `createPrivateKey` and `createPublicKey`");
      [this.#type, this.#kind, this.#material] = [type, kind, material];
    }
    static { kept = (key) => [key.#kind, key.#material]; }
    get type() { return this.#type; }
    get symmetricKeySize() { return this.#type === "secret" ? this.#material.length : undefined; }
    get asymmetricKeyType() { return TYPES[this.#kind]; }
    get asymmetricKeyDetails() {
      if (this.#type === "secret") return undefined;
      if (CURVES[this.#kind]) return { namedCurve: CURVES[this.#kind] };
      if (this.#kind !== "RSA") return {};
      const [n, e] = pairs.exportKey("RSA", "jwk", this.#type, this.#material).map((field) => Buffer.from(host.fromUtf8(field, false), "base64url"));
      return { modulusLength: n.length * 8, publicExponent: BigInt(`0x${e.toString("hex")}`) };
    }
    equals(other) {
      if (!(other instanceof KeyObject)) throw wrong("the other is a KeyObject");
      const [kind, material] = kept(other);
      return this.#type === other.type && this.#kind === kind && material.length === this.#material.length && pairs.equal(this.#material, material);
    }
    export({ format = this.#type === "secret" ? "buffer" : "pem", type } = {}) {
      if (this.#type === "secret") return format === "jwk" ? { kty: "oct", k: buffer(this.#material).toString("base64url") } : Buffer.from(this.#material);
      if (format === "jwk") {
        const kty = typeOf(this.#kind), made = kty === "RSA" ? { kty } : { crv: this.#kind, kty };
        pairs.exportKey(this.#kind, "jwk", this.#type, this.#material).forEach((field, at) => { made[FIELDS[kty][at]] = host.fromUtf8(field, false); });
        return made;
      }
      const form = this.#type === "private" ? "pkcs8" : "spki";
      if (type !== undefined && type !== form) throw error(Error, "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", `a ${this.#type} key is exported as \`${form}\` or \`jwk\``);
      const bytes = buffer(pairs.exportKey(this.#kind, form, this.#type, this.#material)[0]);
      if (format === "der") return bytes;
      return `-----BEGIN ${LABELS[form]}-----\n${bytes.toString("base64").match(/.{1,64}/g).join("\n")}\n-----END ${LABELS[form]}-----\n`;
    }
  }
  shared.tag(KeyObject, "KeyObject");
  const createSecretKey = (key, encoding) => {
    if (typeof key !== "string" && !isBytes(key)) throw wrong("a secret key is a text or bytes");
    return new KeyObject(MAKE, "secret", "oct", Buffer.from(typeof key === "string" ? Buffer.from(key, encoding) : shared.bytesOf(key)));
  };
  const createPrivateKey = (given) => {
    const [type, kind, material] = read(given);
    if (type !== "private") throw unreadable(`this is a ${type} key, and no private one`);
    return new KeyObject(MAKE, type, kind, material);
  };
  const createPublicKey = (given) => {
    const [type, kind, material] = read(given);
    if (type === "secret") throw error(Error, "ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE", "a secret key has no public one");
    return new KeyObject(MAKE, "public", kind, type === "public" ? material : publicOf(kind, material));
  };
  const generateKeyPairSync = (type, { namedCurve, publicKeyEncoding, privateKeyEncoding } = {}) => {
    const kind = type === "ec" ? Object.keys(CURVES).find((name) => name === namedCurve || CURVES[name] === namedCurve) : KINDS.find((name) => TYPES[name] === type);
    if (kind === undefined) throw error(TypeError, "ERR_INVALID_ARG_VALUE", "keys are made of `ec` with the `namedCurve` P-256, P-384 or P-521, of `ed25519` and `x25519`");
    const [secret, open] = pairs.generate(kind);
    const [privateKey, publicKey] = [new KeyObject(MAKE, "private", kind, secret), new KeyObject(MAKE, "public", kind, open)];
    return { privateKey: privateKeyEncoding ? privateKey.export(privateKeyEncoding) : privateKey, publicKey: publicKeyEncoding ? publicKey.export(publicKeyEncoding) : publicKey };
  };

  // ---- signatures
  const constants = { RSA_PKCS1_PADDING: 1, RSA_PKCS1_PSS_PADDING: 6, RSA_PSS_SALTLEN_DIGEST: -1, RSA_PSS_SALTLEN_AUTO: -2, RSA_PSS_SALTLEN_MAX_SIGN: -2 };
  const SIZES = { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };
  // How a key of this kind signs, as the host names it.
  const way = (kind, algorithm, options) => {
    if (kind === "Ed25519") return ["Ed25519"];
    const hash = algorithm === null || algorithm === undefined ? undefined : pairs.hashOf(`${algorithm}`.replace(/^RSA-/i, ""));
    if (hash === undefined) throw error(Error, "ERR_CRYPTO_INVALID_DIGEST", `\`${algorithm}\` is not supported; there are ${Object.keys(SIZES).join(", ")}`);
    if (CURVES[kind]) return ["ECDSA", kind, hash];
    if (kind !== "RSA") throw unreadable(`a key of ${kind} does not sign`);
    if (options.padding === undefined || options.padding === constants.RSA_PKCS1_PADDING) return ["RSASSA-PKCS1-v1_5", hash, 0];
    if (options.padding !== constants.RSA_PKCS1_PSS_PADDING) throw unreadable("the padding of a signature is RSA_PKCS1_PADDING or RSA_PKCS1_PSS_PADDING");
    const salt = options.saltLength ?? constants.RSA_PSS_SALTLEN_DIGEST;
    return ["RSA-PSS", hash, salt < 0 ? SIZES[hash] : salt];
  };
  const optionsOf = (key) => typeof key === "object" && key !== null && !(key instanceof KeyObject) && !isBytes(key) ? key : {};
  const bytesOf = (data, encoding) => typeof data === "string" ? Buffer.from(data, encoding) : isBytes(data) ? shared.bytesOf(data) : (() => { throw wrong("the data is a text or bytes"); })();
  const isRaw = (options) => options.dsaEncoding === "ieee-p1363";
  const sign = (algorithm, data, given) => {
    const options = optionsOf(given), [kind, material] = kept(createPrivateKey(given));
    const signature = buffer(pairs.sign(way(kind, algorithm, options), material, bytesOf(data)));
    return CURVES[kind] && !isRaw(options) ? toDer(signature) : signature;
  };
  const verify = (algorithm, data, given, signature) => {
    const options = optionsOf(given), [kind, material] = kept(createPublicKey(given)), bytes = bytesOf(signature);
    const raw = CURVES[kind] && !isRaw(options) ? fromDer(Buffer.from(bytes), BYTES[kind]) : bytes;
    return raw !== undefined && pairs.verify(way(kind, algorithm, options), material, raw, bytesOf(data));
  };
  class Signing {
    #algorithm; #pieces = [];
    constructor(algorithm) { way("RSA", algorithm, {}); this.#algorithm = algorithm; }
    update(data, encoding) { this.#pieces.push(Buffer.from(bytesOf(data, encoding))); return this; }
    whole() { return [this.#algorithm, Buffer.concat(this.#pieces)]; }
  }
  const wholeOf = (signing) => Signing.prototype.whole.call(signing);
  class Sign extends Signing {
    sign(key, encoding) { const made = sign(...wholeOf(this), key); return encoding === undefined || encoding === "buffer" ? made : made.toString(encoding); }
  }
  class Verify extends Signing {
    verify(key, signature, encoding) { return verify(...wholeOf(this), key, typeof signature === "string" ? Buffer.from(signature, encoding) : signature); }
  }
  const later = (act) => (...given) => {
    const done = typeof given[given.length - 1] === "function" ? given.pop() : undefined;
    if (done === undefined) return act(...given);
    shared.task(() => {
      let result;
      try { result = act(...given); } catch (failure) { done(failure); return; }
      done(null, result);
    });
  };
  const generateKeyPair = (type, options, done) => later((...given) => generateKeyPairSync(...given))(type, options, (failure, made) => failure ? done(failure) : done(null, made.publicKey, made.privateKey));
  const secretOf = (key) => key instanceof KeyObject ? key.type === "secret" ? kept(key)[1] : (() => { throw wrong("the key of an Hmac is secret"); })() : key;
  return {
    KeyObject, secretOf,
    exports: {
      KeyObject, Sign, Verify, constants, createPrivateKey, createPublicKey, createSecretKey, createSign: (name) => new Sign(name), createVerify: (name) => new Verify(name),
      generateKeyPair, generateKeyPairSync, sign: later(sign), verify: later(verify),
    },
  };
})
