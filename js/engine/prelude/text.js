// TextEncoder and TextDecoder. UTF-8 is done in the engine, other encodings by the host (the Rust crate `encoding_rs`).
(function (host, shared) {
  const LABEL = 4, DECODE = 5;
  // Longest piece that the host decodes at once.
  const PIECE = 256 << 10;
  // Its bytes mean nothing without those before them, so it is decoded as a whole.
  const MODAL = "iso-2022-jp";

  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return host.utf8(text); }
    encodeInto(text, to) {
      if (!(to instanceof Uint8Array)) throw new TypeError("encodeInto writes to a Uint8Array");
      const [read, written] = host.utf8Into(text, to);
      return { read, written };
    }
  }
  shared.tag(TextEncoder, "TextEncoder");

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
    #encoding = "utf-8"; #fatal; #ignoreBOM; #held = null; #begun = false; #rest = 0;
    constructor(label = "utf-8", options = {}) {
      if (label !== "utf-8" && label !== "utf8") {
        const name = host.text(LABEL, [String(label)])?.[0];
        if (!name) throw new RangeError(`there is no encoding \`${String(label).slice(0, 50)}\``);
        this.#encoding = name;
      }
      this.#fatal = !!options?.fatal;
      this.#ignoreBOM = !!options?.ignoreBOM;
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
      const stream = !!options?.stream;
      let text = this.#encoding === "utf-8" ? this.#utf8(bytes, stream) : this.#other(bytes, stream);
      if (text === undefined) {
        this.#begun = false;
        this.#held = null;
        throw new TypeError(`the bytes are not ${this.#encoding}`);
      }
      if (!this.#begun && !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff && /^utf-/.test(this.#encoding)) text = text.slice(1);
      this.#begun = stream && (this.#begun || bytes.length > (this.#held?.length ?? 0));
      return text;
    }
    #hold(bytes, count) {
      this.#held = bytes.slice(bytes.length - count);
      return bytes.subarray(0, bytes.length - count);
    }
    #utf8(bytes, stream) {
      const rest = stream ? unfinished(bytes) : 0;
      return host.fromUtf8(rest ? this.#hold(bytes, rest) : bytes, this.#fatal);
    }
    // The host keeps nothing: it tells how many bytes at the end belong to what comes.
    #other(bytes, stream) {
      if (this.#encoding === MODAL && stream) { this.#hold(bytes, bytes.length); return ""; }
      const parts = [], piece = this.#encoding === MODAL ? bytes.length : PIECE;
      for (let at = 0, end; end !== bytes.length; at = end - this.#rest) {
        end = Math.min(at + piece, bytes.length);
        const more = stream || end < bytes.length;
        const answer = host.text(DECODE, [this.#encoding, (this.#fatal ? "f" : "") + (more ? "m" : ""), bytes.subarray(at, end)]);
        if (!answer) return undefined;
        parts.push(answer[0]);
        this.#rest = Number(answer[1]);
      }
      if (this.#rest > 0) this.#hold(bytes, this.#rest);
      return parts.join("");
    }
  }
  shared.tag(TextDecoder, "TextDecoder");
  shared.define(globalThis, { TextEncoder, TextDecoder });
  shared.decode = (bytes) => {
    const start = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return host.fromUtf8(start ? bytes.subarray(3) : bytes, false);
  };
})
