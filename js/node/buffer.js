// node:buffer
(function (host, shared, need) {
  const INSPECT = shared.INSPECT, LENGTH_MAX = 2 ** 30 - 1;
  const code = (Type, name, message) => Object.assign(new Type(message), { code: name });

  // ---- encodings: how text becomes bytes, and how bytes become text
  const latin = (text, mask) => { const out = new Uint8Array(text.length); for (let at = 0; at < text.length; at++) out[at] = text.charCodeAt(at) & mask; return out; };
  const chars = (bytes, mask) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode.apply(null, mask === 255 ? bytes.subarray(at, at + 4096) : bytes.subarray(at, at + 4096).map((byte) => byte & mask));
    return text;
  };
  const base64 = (text) => {
    // Both alphabets, without what does not belong, up to the first `=`.
    const clean = text.replace(/=[^]*$/, "").replaceAll("-", "+").replaceAll("_", "/").replace(/[^A-Za-z0-9+/]/g, "");
    return Uint8Array.fromBase64(clean.length % 4 === 1 ? clean.slice(0, -1) : clean);
  };
  const hex = (text) => {
    const [clean] = /^(?:[\da-f]{2})*/i.exec(text);
    return Uint8Array.fromHex(clean);
  };
  const wide = (text) => { const out = new Uint8Array(text.length * 2); for (let at = 0; at < text.length; at++) { const unit = text.charCodeAt(at); out[2 * at] = unit; out[2 * at + 1] = unit >> 8; } return out; };
  const narrow = (bytes) => { let text = ""; for (let at = 0; at + 1 < bytes.length; at += 2) text += String.fromCharCode(bytes[at] | bytes[at + 1] << 8); return text; };
  const plain = (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ENCODINGS = {
    utf8: [(text) => host.utf8(text), (bytes) => host.fromUtf8(plain(bytes), false)],
    hex: [hex, (bytes) => plain(bytes).toHex()],
    base64: [base64, (bytes) => plain(bytes).toBase64()],
    base64url: [base64, (bytes) => plain(bytes).toBase64({ alphabet: "base64url", omitPadding: true })],
    latin1: [(text) => latin(text, 255), (bytes) => chars(bytes, 255)],
    ascii: [(text) => latin(text, 255), (bytes) => chars(bytes, 127)],
    utf16le: [wide, narrow],
  };
  const ALIASES = { "utf-8": "utf8", binary: "latin1", ucs2: "utf16le", "ucs-2": "utf16le", "utf-16le": "utf16le" };
  const canonical = (encoding) => {
    const name = String(encoding).toLowerCase();
    return Object.hasOwn(ENCODINGS, name) ? name : ALIASES[name];
  };
  const encodingOf = (encoding) => {
    if (encoding === undefined || encoding === null || encoding === "") return "utf8";
    return canonical(encoding) ?? (() => { throw code(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`); })();
  };
  const encode = (text, encoding) => ENCODINGS[encodingOf(encoding)][0](text);

  const own = (array) => Object.setPrototypeOf(array, Buffer.prototype);
  const sized = (size, name = "size") => {
    if (typeof size !== "number") throw code(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" argument must be of type number.`);
    if (!(size >= 0 && size <= LENGTH_MAX)) throw code(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range: ${size}`);
    return Math.floor(size);
  };
  // A function and no class: old code calls it without `new`.
  function Buffer(value, encoding, length) { return typeof value === "number" ? Buffer.alloc(value) : Buffer.from(value, encoding, length); }
  Object.setPrototypeOf(Buffer, Uint8Array);
  Buffer.prototype = Object.create(Uint8Array.prototype, { constructor: { value: Buffer, writable: true, configurable: true } });
  // What `subarray`, `map` and the like of typed arrays make.
  Object.defineProperty(Buffer, Symbol.species, { get() { return Species; }, configurable: true });
  class Species extends Uint8Array { constructor(...values) { super(...values); Object.setPrototypeOf(this, Buffer.prototype); } }

  Object.assign(Buffer, {
    poolSize: 8192,
    from(value, second, third) {
      if (typeof value === "string") return own(encode(value, second));
      if (value instanceof ArrayBuffer || typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer) return own(new Uint8Array(value, second, third));
      if (ArrayBuffer.isView(value)) return own(value instanceof DataView ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice() : Uint8Array.from(value));
      if (typeof value === "object" && value !== null) {
        if (value.type === "Buffer" && Array.isArray(value.data)) return own(Uint8Array.from(value.data));
        const basic = value.valueOf?.();
        if (basic !== value && basic !== null && basic !== undefined) return Buffer.from(basic, second, third);
        if (typeof value.length === "number" || typeof value[Symbol.iterator] === "function") return own(Uint8Array.from(value));
        const text = value[Symbol.toPrimitive]?.("string");
        if (typeof text === "string") return Buffer.from(text, second);
      }
      throw code(TypeError, "ERR_INVALID_ARG_TYPE", `The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. Received ${shared.show(value)}`);
    },
    alloc(size, fill, encoding) { const buffer = own(new Uint8Array(sized(size))); return fill === undefined || fill === 0 ? buffer : buffer.fill(fill, encoding); },
    allocUnsafe(size) { return own(new Uint8Array(sized(size))); },
    allocUnsafeSlow(size) { return own(new Uint8Array(sized(size))); },
    isBuffer(value) { return value instanceof Buffer; },
    isEncoding(name) { return typeof name === "string" && name !== "" && canonical(name) !== undefined; },
    byteLength(value, encoding) { return typeof value === "string" ? encode(value, encoding).length : value.byteLength; },
    concat(list, length = list.reduce((sum, item) => sum + item.length, 0)) {
      const whole = Buffer.alloc(length);
      let at = 0;
      for (const item of list) { if (at >= length) break; whole.set(item.subarray(0, length - at), at); at += item.length; }
      return whole;
    },
    compare(a, b) {
      const length = Math.min(a.length, b.length);
      for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at] < b[at] ? -1 : 1;
      return Math.sign(a.length - b.length);
    },
    of(...items) { return own(Uint8Array.of(...items)); },
    copyBytesFrom(view, offset = 0, length) { return Buffer.from(view.slice(offset, length === undefined ? undefined : offset + length).buffer); },
  });
  for (const name of Object.keys(Buffer)) Object.defineProperty(Buffer, name, { enumerable: false });

  const check = (buffer, at, size) => {
    if (typeof at !== "number") throw code(TypeError, "ERR_INVALID_ARG_TYPE", 'The "offset" argument must be of type number.');
    if (!Number.isInteger(at) || at < 0 || at + size > buffer.length) throw code(RangeError, "ERR_OUT_OF_RANGE", `The value of "offset" is out of range. It must be >= 0 and <= ${buffer.length - size}. Received ${at}`);
  };
  const needle = (value, encoding) => typeof value === "string" ? encode(value, encoding) : typeof value === "number" ? Uint8Array.of(value) : value;
  const find = (bytes, wanted, from, step) => {
    for (let at = from; at >= 0 && at + wanted.length <= bytes.length; at += step) {
      let n = 0;
      while (n < wanted.length && bytes[at + n] === wanted[n]) n++;
      if (n === wanted.length) return at;
    }
    return -1;
  };
  const methods = {
    toString(encoding, start = 0, end = this.length) {
      start = Math.max(0, Math.trunc(start) || 0); end = Math.min(this.length, Math.trunc(end) || 0);
      return start >= end ? "" : ENCODINGS[encodingOf(encoding)][1](start === 0 && end === this.length ? this : this.subarray(start, end));
    },
    toJSON() { return { type: "Buffer", data: Array.from(this) }; },
    equals(other) { return this === other || Buffer.compare(this, other) === 0; },
    compare(other, from = 0, to = other.length, start = 0, end = this.length) { return Buffer.compare(this.subarray(start, end), other.subarray(from, to)); },
    copy(target, at = 0, start = 0, end = this.length) {
      const part = this.subarray(start, Math.min(end, start + Math.max(0, target.length - at)));
      target.set(part, at);
      return part.length;
    },
    slice(start, end) { return this.subarray(start, end); },
    write(text, at, length, encoding) {
      if (typeof at === "string") [at, length, encoding] = [0, undefined, at];
      if (typeof length === "string") [length, encoding] = [undefined, length];
      at ??= 0;
      const kind = encodingOf(encoding), room = Math.min(length ?? Infinity, this.length - at);
      let bytes = encode(String(text), kind).subarray(0, room);
      if (kind === "utf8" && bytes.length === room) { let end = room; while (end > 0 && (bytes[end - 1] & 0xc0) === 0x80) end--; if (end > 0 && bytes[end - 1] >= 0xc0 && new TextDecoder().decode(bytes.subarray(end - 1)).includes("\ufffd")) bytes = bytes.subarray(0, end - 1); }
      this.set(bytes, at);
      return bytes.length;
    },
    fill(value, at, end, encoding) {
      if (typeof at === "string") [at, end, encoding] = [undefined, undefined, at];
      if (typeof end === "string") [end, encoding] = [undefined, end];
      at ??= 0; end ??= this.length;
      if (typeof value === "number" || typeof value === "boolean") { Uint8Array.prototype.fill.call(this, Number(value), at, end); return this; }
      const bytes = needle(value, encoding);
      if (bytes.length === 0) { Uint8Array.prototype.fill.call(this, 0, at, end); return this; }
      for (let n = at; n < end; n++) this[n] = bytes[(n - at) % bytes.length];
      return this;
    },
    indexOf(value, from = 0, encoding) {
      if (typeof from === "string") [from, encoding] = [0, from];
      return find(this, needle(value, encoding), Math.max(0, from < 0 ? this.length + from : from), 1);
    },
    lastIndexOf(value, from = this.length, encoding) {
      if (typeof from === "string") [from, encoding] = [this.length, from];
      const wanted = needle(value, encoding);
      return find(this, wanted, Math.min(from < 0 ? this.length + from : from, this.length - wanted.length), -1);
    },
    includes(value, from, encoding) { return this.indexOf(value, from, encoding) >= 0; },
    [INSPECT]() { const shown = Array.from(this.subarray(0, 50), (byte) => byte.toString(16).padStart(2, "0")).join(" "); return `<Buffer${shown && " " + shown}${this.length > 50 ? ` ... ${this.length - 50} more bytes` : ""}>`; },
    get parent() { return this.buffer; },
    get offset() { return this.byteOffset; },
    readUIntBE(at, size) { check(this, at, size); let value = 0; for (let n = 0; n < size; n++) value = value * 256 + this[at + n]; return value; },
    readUIntLE(at, size) { check(this, at, size); let value = 0; for (let n = size - 1; n >= 0; n--) value = value * 256 + this[at + n]; return value; },
    readIntBE(at, size) { const value = this.readUIntBE(at, size); return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value; },
    readIntLE(at, size) { const value = this.readUIntLE(at, size); return value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value; },
    writeUIntBE(value, at, size) { check(this, at, size); for (let n = size - 1; n >= 0; n--) { this[at + n] = value % 256; value = Math.floor(value / 256); } return at + size; },
    writeUIntLE(value, at, size) { check(this, at, size); for (let n = 0; n < size; n++) { this[at + n] = value % 256; value = Math.floor(value / 256); } return at + size; },
    writeIntBE(value, at, size) { return this.writeUIntBE(value < 0 ? value + 2 ** (8 * size) : value, at, size); },
    writeIntLE(value, at, size) { return this.writeUIntLE(value < 0 ? value + 2 ** (8 * size) : value, at, size); },
  };
  // Numbers of fixed size, by DataView.
  const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const RANGES = { Int8: [-(2 ** 7), 2 ** 7 - 1], Uint8: [0, 2 ** 8 - 1], Int16: [-(2 ** 15), 2 ** 15 - 1], Uint16: [0, 2 ** 16 - 1], Int32: [-(2 ** 31), 2 ** 31 - 1], Uint32: [0, 2 ** 32 - 1] };
  for (const [kind, size, name = kind] of [["Int8", 1], ["Uint8", 1, "UInt8"], ["Int16", 2], ["Uint16", 2, "UInt16"], ["Int32", 4], ["Uint32", 4, "UInt32"],
    ["Float32", 4, "Float"], ["Float64", 8, "Double"], ["BigInt64", 8], ["BigUint64", 8, "BigUInt64"]]) {
    for (const end of size === 1 ? [""] : ["LE", "BE"]) {
      const read = function (at = 0) { check(this, at, size); return view(this)[`get${kind}`](at, end === "LE"); };
      const write = function (value, at = 0) {
        check(this, at, size);
        const range = RANGES[kind];
        if (range && (value < range[0] || value > range[1])) throw code(RangeError, "ERR_OUT_OF_RANGE", `The value of "value" is out of range. It must be >= ${range[0]} and <= ${range[1]}. Received ${value}`);
        view(this)[`set${kind}`](at, value, end === "LE");
        return at + size;
      };
      for (const spelling of new Set([name, name.replace("UInt", "Uint")])) { methods[`read${spelling}${end}`] = read; methods[`write${spelling}${end}`] = write; }
    }
  }
  for (const [bits, size] of [["16", 2], ["32", 4], ["64", 8]]) {
    methods[`swap${bits}`] = function () {
      if (this.length % size) throw code(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${bits}-bits`);
      for (let at = 0; at < this.length; at += size) this.subarray(at, at + size).reverse();
      return this;
    };
  }
  for (const name of ["readUIntBE", "readUIntLE", "writeUIntBE", "writeUIntLE"]) methods[name.replace("UInt", "Uint")] = methods[name];
  methods.toLocaleString = methods.toString;
  for (const [name, descriptor] of [...Object.entries(Object.getOwnPropertyDescriptors(methods)), [INSPECT, Object.getOwnPropertyDescriptor(methods, INSPECT)]]) {
    Object.defineProperty(Buffer.prototype, name, { ...descriptor, enumerable: false });
  }
  shared.Buffer = Buffer;

  const constants = { MAX_LENGTH: LENGTH_MAX, MAX_STRING_LENGTH: 2 ** 30 - 1 };
  const exports = {
    Buffer, SlowBuffer: Buffer, constants, kMaxLength: LENGTH_MAX, kStringMaxLength: constants.MAX_STRING_LENGTH, INSPECT_MAX_BYTES: 50,
    Blob, File, atob, btoa,
    isUtf8: (input) => host.fromUtf8(shared.bytesOf(input), true) !== undefined,
    isAscii: (input) => shared.bytesOf(input).every((byte) => byte < 128),
    transcode: (source, from, to) => Buffer.from(Buffer.from(source).toString(from), to),
  };
  return { ...exports, default: exports };
})
