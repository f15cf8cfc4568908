// node:string_decoder
(function (host, shared, need) {
  const { Buffer } = need("node:buffer");
  // How many bytes at the end must wait for more, by encoding.
  const LATER = {
    utf8(bytes) {
      for (let back = 1; back <= Math.min(3, bytes.length); back++) {
        const byte = bytes[bytes.length - back];
        if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
        if (byte < 0x80) return 0;
      }
      return 0;
    },
    utf16le: (bytes) => bytes.length % 2 + (bytes.length >= 2 && (bytes[bytes.length - bytes.length % 2 - 1] & 0xfc) === 0xd8 ? 2 : 0),
    base64: (bytes) => bytes.length % 3,
    base64url: (bytes) => bytes.length % 3,
  };
  class StringDecoder {
    #held = Buffer.alloc(0);
    constructor(encoding = "utf8") {
      if (!Buffer.isEncoding(encoding)) throw Object.assign(new TypeError(`Unknown encoding: ${encoding}`), { code: "ERR_UNKNOWN_ENCODING" });
      const name = encoding.toLowerCase();
      this.encoding = { "utf-8": "utf8", "ucs2": "utf16le", "ucs-2": "utf16le", "utf-16le": "utf16le", "binary": "latin1" }[name] ?? name;
    }
    write(chunk) {
      if (typeof chunk === "string") return chunk;
      const bytes = Buffer.concat([this.#held, shared.bytesOf(chunk)]), rest = LATER[this.encoding]?.(bytes) ?? 0;
      this.#held = Buffer.from(bytes.subarray(bytes.length - rest));
      return bytes.toString(this.encoding, 0, bytes.length - rest);
    }
    end(chunk) {
      const text = (chunk === undefined ? "" : this.write(chunk)) + this.#held.toString(this.encoding);
      this.#held = Buffer.alloc(0);
      return text;
    }
  }
  return { StringDecoder, default: { StringDecoder } };
})
