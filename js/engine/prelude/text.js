// TextEncoder and TextDecoder.
(function (host, shared) {
  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return host.utf8(text); }
    encodeInto(text, to) {
      const [read, written] = host.utf8Into(text, to);
      return { read, written };
    }
  }
  shared.tag(TextEncoder, "TextEncoder");

  // What is not here yet is refused by name, not decoded wrongly.
  const LABELS = {
    "utf-8": ["utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"],
    "utf-16le": ["utf-16le", "utf-16", "ucs-2", "unicode", "csunicode", "iso-10646-ucs-2", "unicodefeff"],
    "utf-16be": ["utf-16be", "unicodefffe"],
  };
  const view = (input) => {
    if (input === undefined) return new Uint8Array(0);
    if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    if (input instanceof ArrayBuffer) return new Uint8Array(input);
    throw new TypeError("a decoder reads an ArrayBuffer or a view of one");
  };
  shared.bytesOf = view;

  // How many bytes at the end are the beginning of a character that is not complete.
  const unfinished = (bytes) => {
    for (let back = 1; back <= 3 && back <= bytes.length; back++) {
      const byte = bytes[bytes.length - back];
      if (byte < 0x80) return 0;
      if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
    }
    return 0;
  };

  class TextDecoder {
    #encoding; #fatal; #ignoreBOM; #held = null; #begun = false;
    constructor(label = "utf-8", options = {}) {
      const name = String(label).trim().toLowerCase();
      this.#encoding = Object.keys(LABELS).find((encoding) => LABELS[encoding].includes(name));
      if (!this.#encoding) throw new RangeError(`the encoding \`${label}\` is not supported; there are ${Object.keys(LABELS).join(", ")}`);
      this.#fatal = !!options.fatal;
      this.#ignoreBOM = !!options.ignoreBOM;
    }
    get encoding() { return this.#encoding; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#ignoreBOM; }
    decode(input, options = {}) {
      let bytes = view(input);
      if (this.#held) {
        const whole = new Uint8Array(this.#held.length + bytes.length);
        whole.set(this.#held);
        whole.set(bytes, this.#held.length);
        bytes = whole;
        this.#held = null;
      }
      const stream = !!options.stream;
      if (stream) {
        const rest = this.#encoding === "utf-8" ? unfinished(bytes) : bytes.length % 2;
        if (rest) {
          this.#held = bytes.slice(bytes.length - rest);
          bytes = bytes.subarray(0, bytes.length - rest);
        }
      }
      let text = this.#encoding === "utf-8" ? host.fromUtf8(bytes, this.#fatal) : this.#wide(bytes);
      if (text === undefined) {
        this.#begun = false;
        throw new TypeError(`the bytes are not ${this.#encoding}`);
      }
      if (!this.#begun && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      this.#begun = stream && (this.#begun || text.length > 0);
      return text;
    }
    #wide(bytes) {
      const little = this.#encoding === "utf-16le";
      const parts = [];
      for (let at = 0; at + 1 < bytes.length; at += 2) {
        parts.push(String.fromCharCode(little ? bytes[at] | bytes[at + 1] << 8 : bytes[at] << 8 | bytes[at + 1]));
      }
      if (bytes.length % 2) parts.push("\ufffd");
      const text = parts.join("");
      if (this.#fatal && (bytes.length % 2 || !text.isWellFormed())) return undefined;
      return text.toWellFormed();
    }
  }
  shared.tag(TextDecoder, "TextDecoder");
  shared.define(globalThis, { TextEncoder, TextDecoder });
  shared.decode = (bytes) => {
    const start = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return host.fromUtf8(start ? bytes.subarray(3) : bytes, false);
  };
})
