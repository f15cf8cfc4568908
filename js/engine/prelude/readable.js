// ReadableStream with its default controller and reader, as the Streams standard has them. What belongs to a stream, a controller
// or a reader is a plain object behind one private field; the functions here work on those.
(function (host, shared) {
  const streams = shared.streams = {};
  const later = streams.later = () => Promise.withResolvers();
  // A promise that nobody looks at must not count as unhandled.
  const quiet = streams.quiet = (promise) => { promise.then(undefined, () => {}); return promise; };
  const asPromise = streams.asPromise = (run) => { try { return Promise.resolve(run()); } catch (error) { return Promise.reject(error); } };
  const method = streams.method = (object, name) => {
    const found = object[name];
    if (found !== undefined && typeof found !== "function") throw new TypeError(`\`${name}\` is no function`);
    return found;
  };
  streams.mark = (strategy, standard) => {
    const mark = strategy?.highWaterMark;
    if (mark === undefined) return standard;
    const number = Number(mark);
    if (Number.isNaN(number) || number < 0) throw new RangeError(`\`highWaterMark\` is ${mark}`);
    return number;
  };
  streams.sizer = (strategy) => {
    const size = strategy?.size;
    if (size !== undefined && typeof size !== "function") throw new TypeError("`size` is no function");
    return size ?? (() => 1);
  };

  // ---- a queue with the sizes of what is in it
  class Queue {
    #items = []; #head = 0; total = 0;
    get length() { return this.#items.length - this.#head; }
    push(value, size) {
      const number = Number(size);
      if (!(number >= 0 && number < Infinity)) throw new RangeError(`the size of a chunk is ${size}`);
      this.#items.push([value, number]);
      this.total += number;
    }
    peek() { return this.#items[this.#head][0]; }
    // The first became smaller.
    trim(size) { this.#items[this.#head][1] -= size; this.total -= size; }
    shift() {
      const [value, size] = this.#items[this.#head];
      this.#items[this.#head++] = undefined;
      if (this.#head > 64 && this.#head * 2 > this.#items.length) { this.#items = this.#items.slice(this.#head); this.#head = 0; }
      this.total = Math.max(0, this.total - size);
      return value;
    }
    clear() { this.#items = []; this.#head = 0; this.total = 0; }
  }
  streams.Queue = Queue;

  // ---- the stream
  const close = streams.close = (s) => {
    s.state = "closed";
    const r = s.reader;
    if (!r) return;
    r.closed.resolve();
    if (!r.byob) for (const request of r.requests.splice(0)) request.close();
  };
  const fail = streams.fail = (s, error) => {
    s.state = "errored";
    s.error = error;
    const r = s.reader;
    if (!r) return;
    r.closed.reject(error);
    for (const request of r.requests.splice(0)) request.error(error);
  };
  const cancel = streams.cancel = (s, reason) => {
    s.disturbed = true;
    if (s.state === "closed") return Promise.resolve();
    if (s.state === "errored") return Promise.reject(s.error);
    close(s);
    if (s.reader?.byob) for (const request of s.reader.requests.splice(0)) request.close(undefined);
    return s.controller.cancelled(reason).then(() => undefined);
  };
  streams.waiting = (s) => s.reader !== null && !s.reader.byob ? s.reader.requests.length : 0;

  // ---- the default controller
  const open = (c) => !c.closing && c.stream.state === "readable";
  const desired = streams.desired = (c) =>
    c.stream.state === "errored" ? null : c.stream.state === "closed" ? 0 : c.mark - c.queue.total;
  const forget = (c) => { c.source = c.pull = c.cancel = undefined; c.size = undefined; };
  const pullIfNeeded = streams.pullIfNeeded = (c) => {
    const wanted = open(c) && c.started && (streams.waiting(c.stream) > 0 || c.hungry?.() || desired(c) > 0);
    if (!wanted) return;
    if (c.pulling) { c.again = true; return; }
    c.pulling = true;
    const done = c.pull ? asPromise(() => c.pull.call(c.source, c.object)) : Promise.resolve();
    done.then(() => { c.pulling = false; if (c.again) { c.again = false; pullIfNeeded(c); } }, (error) => c.fail(error));
  };
  streams.start = (c, source, start) => {
    const started = start ? start.call(source, c.object) : undefined;
    Promise.resolve(started).then(() => { c.started = true; pullIfNeeded(c); }, (error) => c.fail(error));
  };
  const defaultController = (s, source, mark, size) => {
    const c = s.controller = {
      stream: s, queue: new Queue(), started: false, closing: false, again: false, pulling: false, mark, size, source,
      pull: method(source, "pull"), cancel: method(source, "cancel"), object: null,
      enqueue(chunk) {
        if (!open(c)) throw new TypeError("the stream is closed");
        if (streams.waiting(s) > 0) s.reader.requests.shift().chunk(chunk);
        else {
          try { c.queue.push(chunk, c.size(chunk)); } catch (error) { c.fail(error); throw error; }
        }
        pullIfNeeded(c);
      },
      close() {
        if (!open(c)) throw new TypeError("the stream is closed");
        c.closing = true;
        if (c.queue.length === 0) { forget(c); close(s); }
      },
      fail(error) {
        if (s.state !== "readable") return;
        c.queue.clear();
        forget(c);
        fail(s, error);
      },
      cancelled(reason) {
        c.queue.clear();
        const { source: from, cancel: run } = c;
        forget(c);
        return asPromise(() => run?.call(from, reason));
      },
      pulled(request) {
        if (c.queue.length === 0) { s.reader.requests.push(request); pullIfNeeded(c); return; }
        const chunk = c.queue.shift();
        if (c.closing && c.queue.length === 0) { forget(c); close(s); } else pullIfNeeded(c);
        request.chunk(chunk);
      },
      released() {},
    };
    c.object = new ReadableStreamDefaultController(KEY, c);
    streams.start(c, source, method(source, "start"));
  };
  const KEY = streams.KEY = Symbol("inside");
  class ReadableStreamDefaultController {
    #c;
    constructor(key, c) { if (key !== KEY) throw new TypeError("a controller comes with its stream"); this.#c = c; }
    get desiredSize() { return desired(this.#c); }
    enqueue(chunk) { this.#c.enqueue(chunk); }
    close() { this.#c.close(); }
    error(reason) { this.#c.fail(reason); }
  }
  shared.tag(ReadableStreamDefaultController, "ReadableStreamDefaultController");

  class ReadableStream {
    #s;
    constructor(source = {}, strategy = {}) {
      if (source === null || typeof source !== "object" && typeof source !== "function") throw new TypeError("a source is an object");
      const s = this.#s = { object: this, state: "readable", error: undefined, reader: null, disturbed: false, controller: null };
      const type = source.type;
      if (type !== undefined) {
        if (String(type) !== "bytes") throw new TypeError(`a stream has the type "bytes" or none, not \`${String(type)}\``);
        if (strategy?.size !== undefined) throw new RangeError("a byte stream has no `size`");
        streams.byteController(s, source, streams.mark(strategy, 0));
      } else defaultController(s, source, streams.mark(strategy, 1), streams.sizer(strategy));
    }
    static { streams.of = (stream) => stream.#s; streams.is = (stream) => typeof stream === "object" && stream !== null && #s in stream; }
    static from(iterable) {
      const make = iterable?.[Symbol.asyncIterator] ?? iterable?.[Symbol.iterator];
      if (typeof make !== "function") throw new TypeError("ReadableStream.from needs something that can be iterated");
      const iterator = make.call(iterable);
      const object = (result) => { if (Object(result) !== result) throw new TypeError("the iterator gave no object"); return result; };
      return new ReadableStream({
        async pull(controller) {
          const { done, value } = object(await iterator.next());
          if (done) controller.close(); else controller.enqueue(await value);
        },
        async cancel(reason) { const end = method(iterator, "return"); if (end) object(await end.call(iterator, reason)); },
      }, { highWaterMark: 0 });
    }
    get locked() { return this.#s.reader !== null; }
    cancel(reason) {
      if (!(#s in this)) return Promise.reject(new TypeError("this is no ReadableStream"));
      return this.locked ? Promise.reject(new TypeError("the stream is locked")) : cancel(this.#s, reason);
    }
    getReader(options = {}) {
      const mode = options?.mode;
      if (mode === undefined) return new ReadableStreamDefaultReader(this);
      if (String(mode) !== "byob") throw new TypeError(`a reader has the mode "byob" or none, not \`${String(mode)}\``);
      return new ReadableStreamBYOBReader(this);
    }
    tee() { return streams.tee(this); }
    pipeTo(target, options = {}) {
      return asPromise(() => {
        if (!(#s in this)) throw new TypeError("this is no ReadableStream");
        if (!streams.isWritable(target)) throw new TypeError("pipeTo needs a WritableStream");
        if (this.locked || target.locked) throw new TypeError("the stream is locked");
        return streams.pipe(this.#s, streams.ofWritable(target), streams.pipeOptions(options));
      });
    }
    pipeThrough(pair, options = {}) {
      const { readable, writable } = pair ?? {};
      if (!streams.is(readable) || !streams.isWritable(writable)) throw new TypeError("pipeThrough needs { readable, writable }");
      if (this.locked || writable.locked) throw new TypeError("the stream is locked");
      quiet(streams.pipe(this.#s, streams.ofWritable(writable), streams.pipeOptions(options)));
      return readable;
    }
    values(options = {}) { return new Chunks(this.getReader(), !!options?.preventCancel); }
    [Symbol.asyncIterator](options) { return this.values(options); }
  }
  shared.tag(ReadableStream, "ReadableStream");

  // What `for await` walks along: one step after the other, also when they are asked for at once.
  class Chunks {
    #reader; #keep; #turn = Promise.resolve(); #ended = false;
    constructor(reader, keep) { this.#reader = reader; this.#keep = keep; }
    #next(step) { const turn = this.#turn.then(step, step); this.#turn = quiet(turn); return turn; }
    next() {
      return this.#next(async () => {
        if (this.#ended) return { done: true, value: undefined };
        try {
          const result = await this.#reader.read();
          if (result.done) this.#end();
          return result;
        } catch (error) { this.#end(); throw error; }
      });
    }
    return(value) {
      return this.#next(async () => {
        if (this.#ended) return { done: true, value };
        const cancelled = this.#keep ? undefined : this.#reader.cancel(value);
        this.#end();
        await cancelled;
        return { done: true, value };
      });
    }
    #end() { this.#ended = true; this.#reader.releaseLock(); }
  }
  Object.setPrototypeOf(Chunks.prototype, Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}.prototype)));
  delete Chunks.prototype.constructor;

  // ---- readers
  const lock = streams.lock = (stream, byob) => {
    if (!streams.is(stream)) throw new TypeError("a reader needs a ReadableStream");
    const s = streams.of(stream);
    if (s.reader) throw new TypeError("the stream is locked");
    const r = { stream: s, byob, closed: later(), requests: [] };
    quiet(r.closed.promise);
    s.reader = r;
    if (s.state === "closed") r.closed.resolve();
    if (s.state === "errored") r.closed.reject(s.error);
    return r;
  };
  const release = streams.release = (r) => {
    const s = r.stream;
    if (!s) return;
    const error = new TypeError("the reader was released");
    if (s.state !== "readable") { r.closed = later(); quiet(r.closed.promise); }
    r.closed.reject(error);
    s.controller.released();
    s.reader = null;
    r.stream = null;
    for (const request of r.requests.splice(0)) request.error(error);
  };
  const read = streams.read = (r, request) => {
    const s = r.stream;
    s.disturbed = true;
    if (s.state === "closed") request.close();
    else if (s.state === "errored") request.error(s.error);
    else s.controller.pulled(request);
  };
  const gone = () => Promise.reject(new TypeError("the reader was released"));
  streams.request = () => {
    const { promise, resolve, reject } = later();
    return [promise, {
      chunk: (value) => resolve({ done: false, value }),
      close: (value) => resolve({ done: true, value }),
      error: reject,
    }];
  };
  class ReadableStreamDefaultReader {
    #r;
    constructor(stream) { this.#r = lock(stream, false); }
    get closed() { return this.#r.closed.promise; }
    read() {
      if (!this.#r.stream) return gone();
      const [promise, request] = streams.request();
      read(this.#r, request);
      return promise;
    }
    cancel(reason) { return this.#r.stream ? cancel(this.#r.stream, reason) : gone(); }
    releaseLock() { release(this.#r); }
  }
  shared.tag(ReadableStreamDefaultReader, "ReadableStreamDefaultReader");

  // Both branches get every chunk; of bytes, each its own copy.
  streams.tee = (stream) => {
    const reader = lock(stream, false), s = reader.stream, bytes = !!s.controller.bytes;
    const controllers = [], gone = [false, false], reasons = [], cancelled = later();
    let reading = false, again = false;
    const pull = () => {
      if (reading) { again = true; return; }
      reading = true;
      read(reader, {
        chunk(chunk) {
          // A chunk arrives while the stream is busy with it; the branches get theirs afterwards.
          queueMicrotask(() => {
            again = false;
            // The first branch takes the chunk's buffer.
            const second = bytes && !gone[1] ? chunk.slice() : chunk;
            try {
              if (!gone[0]) controllers[0].enqueue(chunk);
              if (!gone[1]) controllers[1].enqueue(second);
            } catch (error) { stop(error); return; }
            reading = false;
            if (again) pull();
          });
        },
        close() {
          reading = false;
          for (const at of [0, 1]) if (!gone[at]) controllers[at].close(), bytes && streams.flush(branches[at]);
          if (!gone[0] || !gone[1]) cancelled.resolve();
        },
        error() { reading = false; },
      });
    };
    const stop = (error) => { for (const controller of controllers) controller.error(error); cancelled.resolve(cancel(s, error)); };
    const branches = [0, 1].map((at) => new ReadableStream({
      type: bytes ? "bytes" : undefined,
      start(controller) { controllers[at] = controller; },
      pull,
      cancel(reason) {
        gone[at] = true;
        reasons[at] = reason;
        if (gone[1 - at]) cancelled.resolve(cancel(s, reasons));
        return cancelled.promise;
      },
    }, bytes ? { highWaterMark: 0 } : undefined));
    reader.closed.promise.catch((error) => { for (const controller of controllers) controller.error(error); if (!gone[0] || !gone[1]) cancelled.resolve(); });
    return branches;
  };

  const unlocked = streams.unlocked = (stream) => { if (stream.locked) throw shared.domError("DataCloneError", "a locked stream cannot be moved"); };
  const move = (stream) => {
    unlocked(stream);
    const reader = stream.getReader();
    return new ReadableStream({
      async pull(controller) { const { done, value } = await reader.read(); if (done) controller.close(); else controller.enqueue(value); },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
  };
  shared.moved.push([ReadableStream, move]);
  shared.isDisturbed = (stream) => streams.of(stream).disturbed;
  shared.define(globalThis, { ReadableStream, ReadableStreamDefaultReader, ReadableStreamDefaultController });
})
