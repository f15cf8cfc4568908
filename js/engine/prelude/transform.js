// TransformStream, and what is made of it: text codecs as streams; queuing strategies.
(function (host, shared) {
  const { streams } = shared, { asPromise, method, later, quiet, KEY } = streams;

  class TransformStreamDefaultController {
    #t;
    constructor(key, t) { if (key !== KEY) throw new TypeError("a controller comes with its stream"); this.#t = t; }
    get desiredSize() { return streams.desired(streams.of(this.#t.readable).controller); }
    enqueue(chunk) { this.#t.enqueue(chunk); }
    error(reason) { this.#t.fail(reason); }
    terminate() { this.#t.terminate(); }
  }
  shared.tag(TransformStreamDefaultController, "TransformStreamDefaultController");

  // The writable side waits while the readable side has no room.
  const transform = (transformer, writableStrategy, readableStrategy) => {
    const run = { transform: method(transformer, "transform"), flush: method(transformer, "flush"), cancel: method(transformer, "cancel") };
    let output, turn = later(), pressed = true, ended = null;
    const started = later();
    // Whoever waits for a change of `pressed` waits for `turn`.
    const press = (on) => { if (on === pressed) return; pressed = on; turn.resolve(); turn = later(); };
    const failWritable = (reason) => { forget(); streams.errorWritable(streams.ofWritable(t.writable), reason); press(false); };
    const forget = () => { run.transform = () => {}; run.flush = run.cancel = undefined; };
    const t = {
      readable: null, writable: null,
      enqueue(chunk) {
        const s = streams.of(t.readable);
        try { output.enqueue(chunk); } catch (error) { failWritable(error); throw s.state === "errored" ? s.error : error; }
        const c = s.controller;
        if (!(streams.waiting(s) > 0 || streams.desired(c) > 0)) press(true);
      },
      fail(reason) { output.error(reason); failWritable(reason); },
      terminate() {
        try { output.close(); } catch { /* it is closed already */ }
        failWritable(new TypeError("the stream was terminated"));
      },
    };
    const controller = new TransformStreamDefaultController(KEY, t);
    // Cancelling, aborting and closing share one end.
    const end = (how, after) => ended ??= asPromise(how).then(after, (error) => { t.fail(error); throw error; });
    t.writable = new WritableStream({
      start: () => started.promise,
      async write(chunk) {
        if (pressed) await turn.promise;
        const w = streams.ofWritable(t.writable);
        if (w.state === "erroring") throw w.error;
        try {
          if (run.transform) await run.transform.call(transformer, chunk, controller); else controller.enqueue(chunk);
        } catch (error) { t.fail(error); throw error; }
      },
      close: () => end(() => run.flush?.call(transformer, controller), () => {
        const s = streams.of(t.readable);
        if (s.state === "errored") throw s.error;
        try { output.close(); } catch { /* terminated */ }
      }),
      abort: (reason) => end(() => run.cancel?.call(transformer, reason), () => {
        const s = streams.of(t.readable);
        if (s.state === "errored") throw s.error;
        output.error(reason);
      }),
    }, writableStrategy);
    t.readable = new ReadableStream({
      start(c) { output = c; return started.promise; },
      pull() { press(false); return turn.promise; },
      cancel: (reason) => end(() => run.cancel?.call(transformer, reason), () => {
        const w = streams.ofWritable(t.writable);
        if (w.state === "errored") throw w.error;
        failWritable(reason);
      }),
    }, readableStrategy);
    const start = method(transformer, "start");
    started.resolve(start ? start.call(transformer, controller) : undefined);
    quiet(started.promise);
    return t;
  };

  class TransformStream {
    #t;
    constructor(transformer = {}, writableStrategy = {}, readableStrategy = {}) {
      if (transformer === null) transformer = {};
      if (transformer.readableType !== undefined || transformer.writableType !== undefined) throw new RangeError("a transformer has no types");
      this.#t = transform(transformer, writableStrategy, { highWaterMark: streams.mark(readableStrategy, 0), size: readableStrategy?.size });
    }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
    static {
      shared.moved.push([TransformStream, (stream) => {
        const moved = Object.create(TransformStream.prototype), sides = [stream.#t.readable, stream.#t.writable];
        const [readable, writable] = shared.clone(sides, sides)[0];
        return Object.defineProperties(moved, { readable: { value: readable }, writable: { value: writable } });
      }]);
    }
  }
  shared.tag(TransformStream, "TransformStream");
  streams.transform = (transformer) => transform(transformer, { highWaterMark: 1 }, { highWaterMark: 0 });

  class TextEncoderStream {
    #t;
    constructor() {
      // The first half of a character waits for the second.
      let held = "";
      this.#t = streams.transform({
        transform(chunk, controller) {
          let text = held + String(chunk);
          held = "";
          if (/[\ud800-\udbff]$/.test(text)) { held = text.slice(-1); text = text.slice(0, -1); }
          if (text) controller.enqueue(host.utf8(text));
        },
        flush(controller) { if (held) controller.enqueue(host.utf8(held)); },
      });
    }
    get encoding() { return "utf-8"; }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  shared.tag(TextEncoderStream, "TextEncoderStream");
  class TextDecoderStream {
    #t; #decoder;
    constructor(label, options) {
      const decoder = this.#decoder = new TextDecoder(label, options);
      this.#t = streams.transform({
        transform(chunk, controller) { const text = decoder.decode(chunk, { stream: true }); if (text) controller.enqueue(text); },
        flush(controller) { const text = decoder.decode(); if (text) controller.enqueue(text); },
      });
    }
    get encoding() { return this.#decoder.encoding; }
    get fatal() { return this.#decoder.fatal; }
    get ignoreBOM() { return this.#decoder.ignoreBOM; }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  shared.tag(TextDecoderStream, "TextDecoderStream");

  const one = () => 1, bytes = (chunk) => chunk.byteLength;
  Object.defineProperty(one, "name", { value: "size" });
  Object.defineProperty(bytes, "name", { value: "size" });
  const mark = (init) => {
    if (init === null || typeof init !== "object" || !("highWaterMark" in init)) throw new TypeError("a strategy needs `highWaterMark`");
    return Number(init.highWaterMark);
  };
  class CountQueuingStrategy { #mark; constructor(init) { this.#mark = mark(init); } get highWaterMark() { return this.#mark; } get size() { return one; } }
  class ByteLengthQueuingStrategy { #mark; constructor(init) { this.#mark = mark(init); } get highWaterMark() { return this.#mark; } get size() { return bytes; } }
  shared.tag(CountQueuingStrategy, "CountQueuingStrategy");
  shared.tag(ByteLengthQueuingStrategy, "ByteLengthQueuingStrategy");
  shared.define(globalThis, {
    TransformStream, TransformStreamDefaultController, TextEncoderStream, TextDecoderStream, CountQueuingStrategy,
    ByteLengthQueuingStrategy,
  });
})
