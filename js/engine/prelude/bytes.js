// Byte streams: a controller whose readers may bring their own buffers.
(function (host, shared) {
  const { streams } = shared, { asPromise, method, KEY } = streams;
  const take = (buffer) => buffer.transfer();
  const copy = (to, at, from, start, length) => new Uint8Array(to, at, length).set(new Uint8Array(from, start, length));

  streams.byteController = (s, source, mark) => {
    const allocate = source.autoAllocateChunkSize;
    if (allocate !== undefined && !(Number(allocate) > 0)) throw new TypeError("`autoAllocateChunkSize` is a number above 0");
    const c = s.controller = {
      stream: s, bytes: true, queue: new streams.Queue(), started: false, closing: false, again: false, pulling: false, mark, source,
      pull: method(source, "pull"), cancel: method(source, "cancel"), allocate: allocate === undefined ? 0 : Math.floor(Number(allocate)),
      // Buffers that readers (or `autoAllocateChunkSize`) brought, in the order in which they are filled.
      pending: [], request: null, object: null,
      hungry: () => s.reader?.byob && s.reader.requests.length > 0,
      enqueue: (view) => enqueue(c, view),
      close: () => close(c),
      fail(error) {
        if (s.state !== "readable") return;
        c.pending = [];
        end(c);
        streams.fail(s, error);
      },
      cancelled(reason) {
        invalidate(c);
        c.pending = [];
        const { source: from, cancel: run } = c;
        end(c);
        return asPromise(() => run?.call(from, reason));
      },
      // For a default reader.
      pulled(request) {
        if (c.queue.length > 0) { request.chunk(first(c)); return; }
        if (c.allocate) {
          let buffer;
          try { buffer = new ArrayBuffer(c.allocate); } catch (error) { request.error(error); return; }
          c.pending.push({ buffer, at: 0, length: c.allocate, filled: 0, minimum: 1, unit: 1, View: Uint8Array, reader: "default" });
        }
        s.reader.requests.push(request);
        streams.pullIfNeeded(c);
      },
      released() { if (c.pending.length > 0) { c.pending[0].reader = "none"; c.pending.length = 1; } },
    };
    c.object = new ReadableByteStreamController(KEY, c);
    streams.start(c, source, method(source, "start"));
  };

  const end = (c) => { c.queue.clear(); c.source = c.pull = c.cancel = undefined; };
  const invalidate = (c) => { if (c.request) { c.request.dead = true; c.request = null; } };
  // The first piece of the queue, for a reader that takes it as it is.
  const first = (c) => {
    const { buffer, at, length } = c.queue.shift();
    drained(c);
    return new Uint8Array(buffer, at, length);
  };
  const drained = (c) => {
    if (c.queue.length === 0 && c.closing) { end(c); streams.close(c.stream); } else streams.pullIfNeeded(c);
  };
  const put = (c, buffer, at, length) => c.queue.push({ buffer, at, length }, length);

  const enqueue = (c, view) => {
    if (!ArrayBuffer.isView(view)) throw new TypeError("a byte stream takes views of an ArrayBuffer");
    if (view.byteLength === 0) throw new TypeError("a chunk of a byte stream has at least one byte");
    if (c.closing || c.stream.state !== "readable") throw new TypeError("the stream is closed");
    const { buffer: given, byteOffset: at, byteLength: length } = view;
    const buffer = take(given), s = c.stream;
    if (c.pending.length > 0) {
      const head = c.pending[0];
      if (head.buffer.detached) throw new TypeError("the buffer of the request was taken away");
      invalidate(c);
      head.buffer = take(head.buffer);
      if (head.reader === "none") keepFilled(c, head);
    }
    if (s.reader && !s.reader.byob) {
      while (s.reader.requests.length > 0 && c.queue.length > 0) s.reader.requests.shift().chunk(first(c));
      if (s.reader.requests.length > 0) {
        if (c.pending.length > 0) c.pending.shift();
        s.reader.requests.shift().chunk(new Uint8Array(buffer, at, length));
      } else put(c, buffer, at, length);
    } else {
      put(c, buffer, at, length);
      if (s.reader) for (const filled of fillPending(c)) commit(c, filled);
    }
    streams.pullIfNeeded(c);
  };
  // What a released reader's buffer holds already goes back into the queue.
  const keepFilled = (c, head) => {
    if (head.filled > 0) put(c, head.buffer.slice(head.at, head.at + head.filled), 0, head.filled);
    c.pending.shift();
  };
  const close = (c) => {
    if (c.closing || c.stream.state !== "readable") throw new TypeError("the stream is closed");
    if (c.queue.total > 0) { c.closing = true; return; }
    if (c.pending.length > 0 && c.pending[0].filled % c.pending[0].unit !== 0) {
      const error = new TypeError("the stream ends within an element of the reader's view");
      c.fail(error);
      throw error;
    }
    end(c);
    streams.close(c.stream);
  };
  // The end reaches readers that brought buffers only when those were answered; for streams of the platform's own, at once.
  streams.flush = (stream) => { const c = streams.of(stream).controller; if (c.pending.length > 0) respond(c, 0); };

  // Moves bytes of the queue into a reader's buffer; `true`: it has as many as it must have.
  const fill = (c, head) => {
    const most = Math.min(c.queue.total, head.length - head.filled);
    let left = most;
    const whole = head.filled + most - (head.filled + most) % head.unit;
    const ready = whole >= head.minimum;
    if (ready) left = whole - head.filled;
    while (left > 0) {
      const piece = c.queue.peek(), length = Math.min(left, piece.length);
      copy(head.buffer, head.at + head.filled, piece.buffer, piece.at, length);
      if (length === piece.length) c.queue.shift();
      else { piece.at += length; piece.length -= length; c.queue.trim(length); }
      head.filled += length;
      left -= length;
    }
    return ready;
  };
  const fillPending = (c) => {
    const filled = [];
    while (c.pending.length > 0 && c.queue.total > 0) {
      if (!fill(c, c.pending[0])) break;
      filled.push(c.pending.shift());
    }
    return filled;
  };
  const viewOf = (head) => new head.View(take(head.buffer), head.at, head.filled / head.unit);
  const commit = (c, head) => {
    const done = c.stream.state === "closed", view = viewOf(head), request = c.stream.reader.requests.shift();
    if (done) request.close(view); else request.chunk(view);
  };

  // ---- readers that bring buffers
  const VIEWS = Object.fromEntries([Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    BigInt64Array, BigUint64Array, Float16Array, Float32Array, Float64Array].map((View) => [View.name, View]));
  const tagOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Int8Array.prototype), Symbol.toStringTag).get;
  const pullInto = (c, view, minimum, request) => {
    const View = VIEWS[tagOf.call(view)] ?? DataView, unit = View.BYTES_PER_ELEMENT ?? 1, s = c.stream;
    const { byteOffset: at, byteLength: length } = view;
    let buffer;
    try { buffer = take(view.buffer); } catch (error) { request.error(error); return; }
    const head = { buffer, at, length, filled: 0, minimum: minimum * unit, unit, View, reader: "byob" };
    if (c.pending.length > 0) { c.pending.push(head); s.reader.requests.push(request); return; }
    if (s.state === "closed") { request.close(new View(buffer, at, 0)); return; }
    if (c.queue.total > 0) {
      if (fill(c, head)) { const filled = viewOf(head); drained(c); request.chunk(filled); return; }
      if (c.closing) { const error = new TypeError("the stream ends within an element of the reader's view"); c.fail(error); request.error(error); return; }
    }
    c.pending.push(head);
    s.reader.requests.push(request);
    streams.pullIfNeeded(c);
  };
  const respond = (c, length) => {
    const head = c.pending[0], s = c.stream;
    if (s.state === "closed") {
      if (length !== 0) throw new TypeError("the stream is closed: the answer has 0 bytes");
    } else {
      if (length === 0) throw new TypeError("an answer has at least one byte");
      if (head.filled + length > head.length) throw new RangeError("the answer is longer than the buffer");
    }
    head.buffer = take(head.buffer);
    invalidate(c);
    if (s.state === "closed") {
      if (head.reader === "none") c.pending.shift();
      if (s.reader?.byob) while (s.reader.requests.length > 0 && c.pending.length > 0) commit(c, c.pending.shift());
    } else {
      head.filled += length;
      if (head.reader === "none") { keepFilled(c, head); if (s.reader) for (const one of fillPending(c)) commit(c, one); }
      else if (head.filled >= head.minimum) {
        c.pending.shift();
        const over = head.filled % head.unit;
        if (over > 0) { const stop = head.at + head.filled; put(c, head.buffer.slice(stop - over, stop), 0, over); head.filled -= over; }
        if (s.reader.byob) commit(c, head); else s.reader.requests.shift().chunk(viewOf(head));
        for (const one of fillPending(c)) commit(c, one);
      }
    }
    streams.pullIfNeeded(c);
  };
  const respondWithView = (c, view) => {
    if (!ArrayBuffer.isView(view)) throw new TypeError("the answer is a view of an ArrayBuffer");
    const head = c.pending[0];
    if (c.stream.state === "closed" ? view.byteLength !== 0 : view.byteLength === 0) throw new TypeError("the answer has the wrong length");
    if (head.at + head.filled !== view.byteOffset || head.buffer.byteLength !== view.buffer.byteLength) throw new RangeError("the answer is not over the request's bytes");
    if (head.filled + view.byteLength > head.length) throw new RangeError("the answer is longer than the buffer");
    const length = view.byteLength;
    head.buffer = take(view.buffer);
    respond(c, length);
  };

  class ReadableStreamBYOBRequest {
    #c; #state;
    constructor(key, c, state) { if (key !== KEY) throw new TypeError("a request comes from its controller"); this.#c = c; this.#state = state; }
    get view() { return this.#state.dead ? null : this.#state.view; }
    respond(length) {
      this.#alive();
      const number = Number(length);
      if (!(number >= 0 && number < Infinity)) throw new TypeError(`an answer of ${length} bytes`);
      if (this.#state.view.buffer.detached) throw new TypeError("the buffer of the request was taken away");
      respond(this.#c, Math.floor(number));
    }
    respondWithNewView(view) { this.#alive(); respondWithView(this.#c, view); }
    #alive() { if (this.#state.dead) throw new TypeError("the request was answered"); }
  }
  shared.tag(ReadableStreamBYOBRequest, "ReadableStreamBYOBRequest");

  class ReadableByteStreamController {
    #c;
    constructor(key, c) { if (key !== KEY) throw new TypeError("a controller comes with its stream"); this.#c = c; }
    get byobRequest() {
      const c = this.#c;
      if (!c.request && c.pending.length > 0) {
        const head = c.pending[0];
        c.request = { dead: false, view: new Uint8Array(head.buffer, head.at + head.filled, head.length - head.filled) };
        c.request.object = new ReadableStreamBYOBRequest(KEY, c, c.request);
      }
      return c.request?.object ?? null;
    }
    get desiredSize() { return streams.desired(this.#c); }
    enqueue(view) { this.#c.enqueue(view); }
    close() { this.#c.close(); }
    error(reason) { this.#c.fail(reason); }
  }
  shared.tag(ReadableByteStreamController, "ReadableByteStreamController");

  class ReadableStreamBYOBReader {
    #r;
    constructor(stream) {
      if (streams.is(stream) && !streams.of(stream).controller.bytes) throw new TypeError("the stream is no byte stream");
      this.#r = streams.lock(stream, true);
    }
    get closed() { return this.#r.closed.promise; }
    read(view, options = {}) {
      return asPromise(() => {
        if (!ArrayBuffer.isView(view)) throw new TypeError("read needs a view of an ArrayBuffer");
        if (view.byteLength === 0 || view.buffer.byteLength === 0) throw new TypeError("the view has no room");
        if (view.buffer.detached) throw new TypeError("the view's buffer was taken away");
        const minimum = options?.min === undefined ? 1 : Number(options.min);
        if (!(minimum > 0)) throw new TypeError("`min` is a number above 0");
        if (minimum > (view.length ?? view.byteLength)) throw new RangeError("`min` is larger than the view");
        const r = this.#r, s = r.stream;
        if (!s) throw new TypeError("the reader was released");
        const [promise, request] = streams.request();
        s.disturbed = true;
        if (s.state === "errored") request.error(s.error); else pullInto(s.controller, view, Math.floor(minimum), request);
        return promise;
      });
    }
    cancel(reason) { return this.#r.stream ? streams.cancel(this.#r.stream, reason) : Promise.reject(new TypeError("the reader was released")); }
    releaseLock() { streams.release(this.#r); }
  }
  shared.tag(ReadableStreamBYOBReader, "ReadableStreamBYOBReader");
  shared.define(globalThis, { ReadableByteStreamController, ReadableStreamBYOBReader, ReadableStreamBYOBRequest });
})
