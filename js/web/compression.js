// CompressionStream and DecompressionStream, over the engine's own codec.
(function (host, shared, need) {
  const { streams } = shared, { codec } = need("web:codec");
  const FORMATS = { "deflate-raw": 0, deflate: 1, gzip: 2 }, LEVEL = 6;
  const make = (format, pack) => {
    if (!Object.hasOwn(FORMATS, format)) throw new TypeError(`there is no format \`${format}\`; there are ${Object.keys(FORMATS).join(", ")}`);
    const step = codec(FORMATS[format], pack, LEVEL);
    return streams.transform({
      transform(chunk, controller) {
        if (!ArrayBuffer.isView(chunk) && !(chunk instanceof ArrayBuffer)) throw new TypeError("a chunk is an ArrayBuffer or a view of one");
        step(shared.bytesOf(chunk), false, (piece) => controller.enqueue(piece));
      },
      flush(controller) { step(undefined, true, (piece) => controller.enqueue(piece)); },
    });
  };
  class CompressionStream {
    #t;
    constructor(format) { this.#t = make(String(format), true); }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  shared.tag(CompressionStream, "CompressionStream");
  class DecompressionStream {
    #t;
    constructor(format) { this.#t = make(String(format), false); }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  shared.tag(DecompressionStream, "DecompressionStream");
  return { CompressionStream, DecompressionStream };
})
