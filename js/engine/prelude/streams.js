// ReadableStream, WritableStream, TransformStream: the default kinds, without byte streams and their own readers.
(function (host, shared) {
  const later = () => {
    let resolve, reject;
    const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
    return { promise, resolve, reject };
  };
  // A promise that nobody looks at must not count as unhandled.
  const quiet = (promise) => { promise.catch(() => {}); return promise; };

  class ReadableStreamDefaultController {
    #stream;
    constructor(stream) { this.#stream = stream; }
    get desiredSize() { return shared.desired(this.#stream); }
    enqueue(chunk) { shared.enqueue(this.#stream, chunk); }
    close() { shared.close(this.#stream); }
    error(reason) { shared.error(this.#stream, reason); }
    get byobRequest() { return null; }
  }

  class ReadableStream {
    #queue = []; #size = 0; #state = "readable"; #reason; #source; #strategy; #controller; #reader = null;
    #closing = false; #pulling = false; #again = false; #started = false; #waiting = []; #pull; #disturbed = false;
    constructor(source = {}, strategy = {}) {
      this.#source = source ?? {};
      this.#strategy = { highWaterMark: strategy?.highWaterMark ?? (this.#source.type === "bytes" ? 0 : 1), size: strategy?.size };
      this.#controller = new ReadableStreamDefaultController(this);
      this.#pull = this.#source.pull;
      const started = this.#source.start?.call(this.#source, this.#controller);
      if (started instanceof Promise) {
        started.then(() => { this.#started = true; this.#callPull(); }, (reason) => shared.error(this, reason));
      } else {
        this.#started = true;
        this.#callPull();
      }
    }
    static from(iterable) {
      const iterator = iterable[Symbol.asyncIterator]?.() ?? iterable[Symbol.iterator]();
      return new ReadableStream({
        async pull(controller) {
          const { done, value } = await iterator.next();
          if (done) controller.close(); else controller.enqueue(await value);
        },
        async cancel(reason) { await iterator.return?.(reason); },
      }, { highWaterMark: 0 });
    }
    get locked() { return this.#reader !== null; }
    getReader(options) {
      if (options?.mode === "byob") throw new TypeError("byte stream readers are not supported yet");
      return new ReadableStreamDefaultReader(this);
    }
    cancel(reason) {
      if (this.locked) return Promise.reject(new TypeError("the stream is locked"));
      return shared.cancel(this, reason);
    }
    tee() {
      const reader = this.getReader();
      const branches = [];
      let reading = false, wanted = false;
      const canceled = [false, false];
      const pull = async () => {
        if (reading) { wanted = true; return; }
        reading = true;
        try {
          do {
            wanted = false;
            const { done, value } = await reader.read();
            for (const at of [0, 1]) {
              if (canceled[at]) continue;
              if (done) branches[at].close(); else branches[at].enqueue(value);
            }
            if (done) break;
          } while (wanted);
        } catch (error) {
          for (const branch of branches) branch.error(error);
        }
        reading = false;
      };
      return [0, 1].map((at) => new ReadableStream({
        start(controller) { branches[at] = controller; },
        pull,
        cancel(reason) { canceled[at] = true; if (canceled[1 - at]) return reader.cancel(reason); },
      }, { highWaterMark: 0 }));
    }
    pipeThrough(pair, options) { quiet(this.pipeTo(pair.writable, options)); return pair.readable; }
    async pipeTo(target, options = {}) {
      const reader = this.getReader(), writer = target.getWriter();
      try {
        for (;;) {
          options.signal?.throwIfAborted();
          await writer.ready;
          const { done, value } = await reader.read();
          if (done) break;
          quiet(writer.write(value));
        }
        if (!options.preventClose) await writer.close();
      } catch (error) {
        if (!options.preventAbort) quiet(writer.abort(error));
        if (!options.preventCancel) quiet(reader.cancel(error));
        throw error;
      } finally {
        reader.releaseLock();
        writer.releaseLock();
      }
    }
    async *values(options = {}) {
      const reader = this.getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          yield value;
        }
      } finally {
        if (!options.preventCancel && this.#state === "readable") await reader.cancel();
        reader.releaseLock();
      }
    }
    [Symbol.asyncIterator](options) { return this.values(options); }
    #callPull() {
      if (this.#state !== "readable" || this.#closing || !this.#started) return;
      if (this.#waiting.length === 0 && !(shared.desired(this) > 0)) return;
      if (!this.#pull) return;
      if (this.#pulling) { this.#again = true; return; }
      this.#pulling = true;
      let result;
      try { result = this.#pull.call(this.#source, this.#controller); } catch (error) { shared.error(this, error); return; }
      const next = () => { this.#pulling = false; if (this.#again) { this.#again = false; this.#callPull(); } };
      Promise.resolve(result).then(next, (error) => shared.error(this, error));
    }
    #finish() {
      this.#state = "closed";
      for (const waiting of this.#waiting.splice(0)) waiting.resolve({ done: true, value: undefined });
      this.#reader?.closedBy();
    }
    static {
      shared.desired = (s) => s.#state === "errored" ? null : s.#state === "closed" ? 0 : s.#strategy.highWaterMark - s.#size;
      shared.wants = (s) => s.#waiting.length > 0 || shared.desired(s) > 0;
      shared.enqueue = (s, chunk) => {
        if (s.#state !== "readable" || s.#closing) throw new TypeError("the stream is closed");
        const waiting = s.#waiting.shift();
        if (waiting) waiting.resolve({ done: false, value: chunk });
        else {
          const size = s.#strategy.size ? Number(s.#strategy.size(chunk)) : 1;
          s.#queue.push([chunk, size]);
          s.#size += size;
        }
        s.#callPull();
      };
      shared.close = (s) => {
        if (s.#state !== "readable" || s.#closing) throw new TypeError("the stream is closed");
        s.#closing = true;
        if (s.#queue.length === 0) s.#finish();
      };
      shared.error = (s, reason) => {
        if (s.#state !== "readable") return;
        s.#state = "errored";
        s.#reason = reason;
        s.#queue = [];
        for (const waiting of s.#waiting.splice(0)) waiting.reject(reason);
        s.#reader?.failedBy(reason);
      };
      shared.cancel = async (s, reason) => {
        s.#disturbed = true;
        if (s.#state === "closed") return;
        if (s.#state === "errored") throw s.#reason;
        s.#queue = [];
        s.#finish();
        await s.#source.cancel?.call(s.#source, reason);
      };
      shared.read = (s) => {
        s.#disturbed = true;
        if (s.#queue.length > 0) {
          const [value, size] = s.#queue.shift();
          s.#size -= size;
          if (s.#closing && s.#queue.length === 0) s.#finish(); else s.#callPull();
          return Promise.resolve({ done: false, value });
        }
        if (s.#state === "closed") return Promise.resolve({ done: true, value: undefined });
        if (s.#state === "errored") return Promise.reject(s.#reason);
        const waiting = later();
        s.#waiting.push(waiting);
        s.#callPull();
        return waiting.promise;
      };
      shared.lock = (s, reader) => {
        if (s.#reader) throw new TypeError("the stream is locked");
        s.#reader = reader;
        if (s.#state === "closed") reader.closedBy();
        if (s.#state === "errored") reader.failedBy(s.#reason);
      };
      shared.unlock = (s) => {
        s.#reader = null;
        for (const waiting of s.#waiting.splice(0)) waiting.reject(new TypeError("the reader was released"));
      };
      shared.isDisturbed = (s) => s.#disturbed;
    }
  }
  shared.tag(ReadableStream, "ReadableStream");

  class ReadableStreamDefaultReader {
    #stream; #closed = later();
    constructor(stream) {
      quiet(this.#closed.promise);
      this.#stream = stream;
      shared.lock(stream, { closedBy: () => this.#closed.resolve(), failedBy: (reason) => this.#closed.reject(reason) });
    }
    get closed() { return this.#closed.promise; }
    read() { return this.#stream ? shared.read(this.#stream) : Promise.reject(new TypeError("the reader was released")); }
    cancel(reason) { return this.#stream ? shared.cancel(this.#stream, reason) : Promise.reject(new TypeError("the reader was released")); }
    releaseLock() { if (this.#stream) { shared.unlock(this.#stream); this.#stream = null; } }
  }

  class WritableStreamDefaultController {
    #stream;
    signal = shared.newSignal();
    constructor(stream) { this.#stream = stream; }
    error(reason) { shared.failWritable(this.#stream, reason); }
  }

  class WritableStream {
    #sink; #controller; #chain; #state = "writable"; #reason; #pending = 0; #high; #locked = false; #ready = null;
    constructor(sink = {}, strategy = {}) {
      this.#sink = sink ?? {};
      this.#high = strategy?.highWaterMark ?? 1;
      this.#controller = new WritableStreamDefaultController(this);
      this.#chain = quiet(Promise.resolve(this.#sink.start?.call(this.#sink, this.#controller)));
      this.#chain.catch((reason) => shared.failWritable(this, reason));
    }
    get locked() { return this.#locked; }
    getWriter() {
      if (this.#locked) throw new TypeError("the stream is locked");
      return new WritableStreamDefaultWriter(this);
    }
    abort(reason) { return this.#locked ? Promise.reject(new TypeError("the stream is locked")) : shared.abortWritable(this, reason); }
    close() { return this.#locked ? Promise.reject(new TypeError("the stream is locked")) : shared.closeWritable(this); }
    static {
      shared.lockWritable = (s, locked) => { s.#locked = locked; };
      shared.writableState = (s) => [s.#state, s.#reason, s.#high - s.#pending];
      shared.readyWritable = (s) => {
        if (s.#state === "errored") return quiet(Promise.reject(s.#reason));
        if (s.#high - s.#pending > 0) return Promise.resolve();
        s.#ready ??= later();
        return quiet(s.#ready.promise);
      };
      const settle = (s) => {
        if (s.#ready && (s.#high - s.#pending > 0 || s.#state !== "writable")) {
          if (s.#state === "errored") s.#ready.reject(s.#reason); else s.#ready.resolve();
          s.#ready = null;
        }
      };
      shared.write = (s, chunk) => {
        if (s.#state !== "writable") return Promise.reject(s.#reason ?? new TypeError("the stream is closed"));
        s.#pending++;
        const done = s.#chain.then(() => {
          if (s.#state === "errored") throw s.#reason;
          return s.#sink.write?.call(s.#sink, chunk, s.#controller);
        }).then(() => { s.#pending--; settle(s); }, (reason) => { s.#pending--; shared.failWritable(s, reason); throw reason; });
        s.#chain = quiet(done);
        return done;
      };
      shared.closeWritable = (s) => {
        if (s.#state !== "writable") return Promise.reject(s.#reason ?? new TypeError("the stream is closed"));
        s.#state = "closing";
        const done = s.#chain.then(() => s.#sink.close?.call(s.#sink)).then(() => { s.#state = "closed"; },
          (reason) => { shared.failWritable(s, reason); throw reason; });
        s.#chain = quiet(done);
        return done;
      };
      shared.abortWritable = async (s, reason) => {
        if (s.#state === "closed" || s.#state === "errored") return;
        shared.failWritable(s, reason);
        await s.#sink.abort?.call(s.#sink, reason);
      };
      shared.failWritable = (s, reason) => {
        if (s.#state === "closed" || s.#state === "errored") return;
        s.#state = "errored";
        s.#reason = reason;
        shared.abort(s.#controller.signal, reason);
        settle(s);
      };
      shared.finishedWritable = (s) => s.#chain;
    }
  }
  shared.tag(WritableStream, "WritableStream");

  class WritableStreamDefaultWriter {
    #stream; #closed = later();
    constructor(stream) { quiet(this.#closed.promise); this.#stream = stream; shared.lockWritable(stream, true); }
    #get() { if (!this.#stream) throw new TypeError("the writer was released"); return this.#stream; }
    get closed() { return this.#closed.promise; }
    get ready() { return shared.readyWritable(this.#get()); }
    get desiredSize() { const [state, , size] = shared.writableState(this.#get()); return state === "errored" ? null : state === "closed" ? 0 : size; }
    async write(chunk) { return shared.write(this.#get(), chunk); }
    async close() { await shared.closeWritable(this.#get()); this.#closed.resolve(); }
    async abort(reason) { await shared.abortWritable(this.#get(), reason); this.#closed.reject(reason); }
    releaseLock() { if (this.#stream) { shared.lockWritable(this.#stream, false); this.#stream = null; } }
  }

  class TransformStream {
    #readable; #writable;
    constructor(transformer = {}, writableStrategy, readableStrategy) {
      let output, room = later(), open = false;
      const controller = {
        get desiredSize() { return output.desiredSize; },
        enqueue(chunk) {
          output.enqueue(chunk);
          if (open && !shared.wants(stream.#readable)) { open = false; room = later(); }
        },
        error(reason) { output.error(reason); shared.failWritable(stream.#writable, reason); },
        terminate() { output.close(); shared.failWritable(stream.#writable, new TypeError("the stream was terminated")); },
      };
      const stream = this;
      this.#readable = new ReadableStream({
        start(c) { output = c; },
        pull() { open = true; room.resolve(); },
        cancel(reason) { shared.failWritable(stream.#writable, reason); return transformer.cancel?.(reason); },
      }, { highWaterMark: readableStrategy?.highWaterMark ?? 0, size: readableStrategy?.size });
      this.#writable = new WritableStream({
        start: () => transformer.start?.call(transformer, controller),
        async write(chunk) {
          if (!open) await room.promise;
          try {
            if (transformer.transform) await transformer.transform(chunk, controller); else controller.enqueue(chunk);
          } catch (error) { output.error(error); throw error; }
        },
        async close() {
          try { await transformer.flush?.(controller); output.close(); } catch (error) { output.error(error); throw error; }
        },
        abort(reason) { output.error(reason); },
      }, writableStrategy);
    }
    get readable() { return this.#readable; }
    get writable() { return this.#writable; }
  }
  shared.tag(TransformStream, "TransformStream");

  class TextEncoderStream extends TransformStream {
    constructor() {
      const encoder = new TextEncoder();
      super({ transform(chunk, controller) { controller.enqueue(encoder.encode(String(chunk))); } });
    }
    get encoding() { return "utf-8"; }
  }
  class TextDecoderStream extends TransformStream {
    #decoder;
    constructor(label, options) {
      const decoder = new TextDecoder(label, options);
      super({
        transform(chunk, controller) { const text = decoder.decode(chunk, { stream: true }); if (text) controller.enqueue(text); },
        flush(controller) { const text = decoder.decode(); if (text) controller.enqueue(text); },
      });
      this.#decoder = decoder;
    }
    get encoding() { return this.#decoder.encoding; }
  }
  class CountQueuingStrategy { constructor({ highWaterMark }) { this.highWaterMark = highWaterMark; } size() { return 1; } }
  class ByteLengthQueuingStrategy { constructor({ highWaterMark }) { this.highWaterMark = highWaterMark; } size(chunk) { return chunk.byteLength; } }
  shared.define(globalThis, {
    ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController, WritableStream, WritableStreamDefaultWriter,
    WritableStreamDefaultController, TransformStream, TextEncoderStream, TextDecoderStream, CountQueuingStrategy,
    ByteLengthQueuingStrategy,
  });
})
