// node:stream: Readable, Writable, Duplex, Transform, PassThrough, pipeline, finished.
(function (host, shared, need) {
  const { EventEmitter } = need("node:events"), { Buffer } = need("node:buffer"), { StringDecoder } = need("node:string_decoder");
  const BYTES = 65536, OBJECTS = 16;
  let bytesMark = BYTES, objectsMark = OBJECTS;
  const code = (error, name) => Object.assign(error, { code: name });
  const later = (run) => queueMicrotask(run);
  const mark = (options, side) => options[`${side}HighWaterMark`] ?? options.highWaterMark ?? (options.objectMode || options[`${side}ObjectMode`] ? objectsMark : bytesMark);
  const sizeOf = (state, chunk) => state.objectMode ? 1 : chunk.length;
  const toBytes = (chunk, encoding) => typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk instanceof Buffer ? chunk
    : ArrayBuffer.isView(chunk) ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      : (() => { throw code(new TypeError(`The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received ${shared.show(chunk)}`), "ERR_INVALID_ARG_TYPE"); })();
  // Classes that also work as functions whose `this` is there already: old packages inherit that way.
  const extend = (constructor, parent) => { Object.setPrototypeOf(constructor, parent); constructor.prototype = Object.create(parent.prototype, { constructor: { value: constructor, writable: true, configurable: true } }); };
  const adopt = (stream, options, names) => { for (const name of names) if (typeof options[name] === "function") stream[`_${name}`] = options[name]; };

  function Stream(options) { EventEmitter.call(this, options); }
  extend(Stream, EventEmitter);
  const common = {
    _destroy(error, done) { done(error); },
    destroy(error) {
      if (this.destroyed) return this;
      this.destroyed = true;
      if (error) this.errored = error;
      this._destroy(error ?? null, (failure) => {
        const problem = failure ?? error;
        later(() => {
          if (problem) { this.errored = problem; this.emit("error", problem); }
          this.closed = true;
          this.emit("close");
        });
      });
      return this;
    },
    _construct: undefined,
  };
  const begin = (stream, options) => {
    EventEmitter.call(stream, options);
    Object.assign(stream, { destroyed: false, closed: false, errored: null });
    adopt(stream, options, ["destroy", "construct"]);
    options.signal?.addEventListener("abort", () => stream.destroy(code(Object.assign(new Error("The operation was aborted"), { name: "AbortError", cause: options.signal.reason }), "ABORT_ERR")));
    const automatic = options.autoDestroy !== false, state = { constructed: typeof stream._construct !== "function", autoDestroy: automatic };
    if (!state.constructed) later(() => stream._construct((error) => { if (error) stream.destroy(error); else { state.constructed = true; stream._constructed(); } }));
    return state;
  };
  // An end on both sides closes the stream.
  const settle = (stream) => {
    const read = stream._readableState, write = stream._writableState;
    if ((!read || read.ended) && (!write || write.finished) && (read ?? write).autoDestroy) later(() => stream.destroy());
  };

  // ---- readable
  function Readable(options = {}) {
    if (!(this instanceof Readable)) return new Readable(options);
    const base = begin(this, options ?? {});
    startReadable(this, options ?? {}, base);
  }
  const startReadable = (stream, options, base) => {
    stream._readableState = {
      ...base, objectMode: !!(options.objectMode || options.readableObjectMode), mark: mark(options, "readable"), queue: [], length: 0, flowing: null, reading: false, done: false, ended: false, pipes: [],
      decoder: options.encoding ? new StringDecoder(options.encoding) : null, encoding: options.encoding ?? null, scheduled: false, told: false, sync: false,
    };
    adopt(stream, options, ["read"]);
  };
  extend(Readable, Stream);
  const drain = (stream) => {
    const state = stream._readableState;
    if (state.scheduled) return;
    state.scheduled = true;
    later(() => {
      state.scheduled = false;
      if (stream.destroyed) return;
      if (state.flowing) { while (state.flowing && state.queue.length > 0) { const chunk = stream.read(); if (chunk === null) break; } }
      else if (stream.listenerCount("readable") > 0 && (state.queue.length > 0 || state.done)) stream.emit("readable");
      ask(stream);
      finish(stream);
    });
  };
  const ask = (stream) => {
    const state = stream._readableState;
    if (state.reading || state.done || stream.destroyed || !state.constructed || state.length >= Math.max(state.mark, 1)) return;
    if (state.flowing === null && stream.listenerCount("readable") === 0 && !state.wanted) return;
    state.reading = true;
    try { stream._read(state.mark); } catch (error) { stream.destroy(error); }
  };
  const finish = (stream) => {
    const state = stream._readableState;
    if (!state.done || state.queue.length > 0 || state.ended || state.flowing === false && stream.listenerCount("readable") === 0) return;
    if (state.flowing === null && stream.listenerCount("readable") === 0 && !state.wanted) return;
    state.ended = true;
    stream.readableEnded = true;
    later(() => {
      stream.emit("end");
      const write = stream._writableState;
      if (write && !stream.allowHalfOpen && !write.ending) stream.end();
      settle(stream);
    });
  };
  const push = (stream, chunk, encoding, front) => {
    const state = stream._readableState;
    state.reading = false;
    if (chunk === null) {
      if (state.done) return false;
      state.done = true;
      const rest = state.decoder?.end();
      if (rest) { state.queue.push(rest); state.length += rest.length; }
      drain(stream);
      return false;
    }
    if (state.done && !front) { stream.destroy(code(new Error("stream.push() after EOF"), "ERR_STREAM_PUSH_AFTER_EOF")); return false; }
    if (!state.objectMode) {
      try { chunk = toBytes(chunk, encoding); } catch (error) { stream.destroy(error); return false; }
      if (state.decoder && !front) chunk = state.decoder.write(chunk);
      if (chunk.length === 0) { drain(stream); return state.length < state.mark; }
    }
    if (front) state.queue.unshift(chunk); else state.queue.push(chunk);
    state.length += sizeOf(state, chunk);
    drain(stream);
    return state.length < state.mark;
  };
  Object.assign(Readable.prototype, common, {
    _read() { throw code(new Error("The _read() method is not implemented"), "ERR_METHOD_NOT_IMPLEMENTED"); },
    _constructed() { ask(this); if (this._writableState) { this._writableState.constructed = true; pump(this); } },
    push(chunk, encoding) { return push(this, chunk, encoding, false); },
    unshift(chunk, encoding) { return push(this, chunk, encoding, true); },
    read(size) {
      const state = this._readableState;
      state.wanted = true;
      if (state.queue.length === 0 || size > state.length && !state.done) { ask(this); finish(this); if (state.queue.length === 0 || size > state.length && !state.done) return null; }
      let chunk;
      if (state.objectMode || state.flowing && size === undefined) chunk = state.queue.shift();
      else {
        const whole = state.queue.length === 1 ? state.queue[0] : typeof state.queue[0] === "string" ? state.queue.join("") : Buffer.concat(state.queue);
        const cut = size === undefined ? whole.length : Math.min(size, whole.length);
        chunk = whole.slice(0, cut);
        state.queue = cut < whole.length ? [whole.slice(cut)] : [];
      }
      state.length -= sizeOf(state, chunk);
      ask(this);
      this.emit("data", chunk);
      finish(this);
      return chunk;
    },
    on(name, listener) {
      EventEmitter.prototype.on.call(this, name, listener);
      const state = this._readableState;
      if (name === "data" && state.flowing !== false) this.resume();
      if (name === "readable") { state.wanted = true; drain(this); }
      return this;
    },
    resume() { const state = this._readableState; state.flowing = true; drain(this); return this; },
    pause() { this._readableState.flowing = false; return this; },
    isPaused() { return this._readableState.flowing === false; },
    setEncoding(encoding) { const state = this._readableState; state.decoder = new StringDecoder(encoding); state.encoding = encoding; state.queue = state.queue.map((chunk) => state.decoder.write(chunk)); state.length = state.queue.reduce((sum, text) => sum + text.length, 0); return this; },
    pipe(target, { end = true } = {}) {
      const state = this._readableState;
      const write = (chunk) => { if (target.write(chunk) === false) { this.pause(); target.once("drain", () => this.resume()); } };
      const stop = () => { if (end) target.end(); };
      state.pipes.push({ target, undo: () => { this.removeListener("data", write); this.removeListener("end", stop); } });
      this.on("data", write);
      this.once("end", stop);
      target.once("close", () => this.unpipe(target));
      target.emit("pipe", this);
      this.resume();
      return target;
    },
    unpipe(target) {
      const state = this._readableState;
      for (const pipe of state.pipes.filter((one) => target === undefined || one.target === target)) { pipe.undo(); pipe.target.emit("unpipe", this); }
      state.pipes = state.pipes.filter((one) => target !== undefined && one.target !== target);
      if (state.pipes.length === 0) this.pause();
      return this;
    },
    async *[Symbol.asyncIterator]() {
      let wake, failure;
      const turn = () => wake?.();
      const failed = (error) => { failure = [error]; turn(); };
      this.on("readable", turn).on("end", turn).on("close", turn).on("error", failed);
      try {
        for (;;) {
          const chunk = this._readableState.queue.length || !this._readableState.done ? this.read() : null;
          if (chunk !== null) { yield chunk; continue; }
          if (failure) throw failure[0];
          if (this._readableState.ended || this.destroyed) { if (this.errored) throw this.errored; return; }
          await new Promise((resolve) => { wake = resolve; if (failure || this._readableState.ended || this.destroyed) resolve(); });
        }
      } finally { this.removeListener("readable", turn).removeListener("end", turn).removeListener("close", turn); if (!this._readableState.ended) this.on("error", () => {}).destroy(); }
    },
    async toArray() { const all = []; for await (const chunk of this) all.push(chunk); return all; },
    map(run) { const from = this; return Readable.from((async function* () { for await (const chunk of from) yield await run(chunk); })()); },
    filter(run) { const from = this; return Readable.from((async function* () { for await (const chunk of from) if (await run(chunk)) yield chunk; })()); },
    async forEach(run) { for await (const chunk of this) await run(chunk); },
    async reduce(run, ...first) { let [sum] = first, begun = first.length > 0; for await (const chunk of this) { sum = begun ? await run(sum, chunk) : chunk; begun = true; } return sum; },
    wrap(old) { old.on("data", (chunk) => { if (!this.push(chunk)) old.pause?.(); }).on("end", () => this.push(null)).on("error", (error) => this.destroy(error)); this._read = () => old.resume?.(); return this; },
  });
  const look = (name, read) => Object.defineProperty(Readable.prototype, name, { get() { return this._readableState ? read(this._readableState, this) : undefined; }, configurable: true });
  look("readable", (state, stream) => !stream.destroyed && !state.ended);
  look("readableFlowing", (state) => state.flowing);
  look("readableLength", (state) => state.length);
  look("readableHighWaterMark", (state) => state.mark);
  look("readableObjectMode", (state) => state.objectMode);
  look("readableEncoding", (state) => state.encoding);
  look("readableDidRead", (state) => state.wanted === true);
  Readable.from = (iterable, options) => {
    if (typeof iterable === "string" || iterable instanceof Uint8Array) return new Readable({ objectMode: true, ...options, read() { this.push(iterable); this.push(null); } });
    const iterator = (iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator]).call(iterable);
    return new Readable({
      objectMode: true, highWaterMark: 1, ...options,
      async read() {
        try { const { done, value } = await iterator.next(); this.push(done ? null : await value); } catch (error) { this.destroy(error); }
      },
      destroy(error, done) { Promise.resolve(iterator.return?.()).then(() => done(error), done); },
    });
  };
  Readable.fromWeb = (web, options) => { const reader = web.getReader(); return new Readable({ ...options, async read() { try { const { done, value } = await reader.read(); this.push(done ? null : value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value); } catch (error) { this.destroy(error); } }, destroy(error, done) { reader.cancel(error).then(() => done(error), done); } }); };
  Readable.toWeb = (stream) => { const iterator = stream[Symbol.asyncIterator](); return new ReadableStream({ async pull(controller) { const { done, value } = await iterator.next(); if (done) controller.close(); else controller.enqueue(value); }, async cancel(reason) { stream.on("error", () => {}).destroy(reason); } }, { highWaterMark: 0 }); };

  // ---- writable
  function Writable(options = {}) {
    if (!(this instanceof Writable)) return new Writable(options);
    const base = begin(this, options ?? {});
    startWritable(this, options ?? {}, base);
  }
  const startWritable = (stream, options, base) => {
    stream._writableState = { ...base, objectMode: !!(options.objectMode || options.writableObjectMode), mark: mark(options, "writable"), queue: [], length: 0, writing: false, ending: false, finishing: false, finished: false, needDrain: false, corked: 0, decode: options.decodeStrings !== false, standard: options.defaultEncoding ?? "utf8" };
    adopt(stream, options, ["write", "writev", "final"]);
  };
  extend(Writable, Stream);
  const pump = (stream) => {
    const state = stream._writableState;
    if (state.writing || state.corked > 0 || !state.constructed || stream.destroyed) return;
    if (state.queue.length === 0) { end(stream); return; }
    const batch = typeof stream._writev === "function" && (state.queue.length > 1 || stream._write === Writable.prototype._write) ? state.queue.splice(0) : [state.queue.shift()];
    state.writing = true;
    const size = batch.reduce((sum, item) => sum + item.size, 0);
    let sync = true;
    const done = (error) => {
      if (!state.writing) { stream.destroy(code(new Error("Callback called multiple times"), "ERR_MULTIPLE_CALLBACK")); return; }
      state.writing = false;
      state.length -= size;
      const after = () => {
        for (const item of batch) item.done(error ?? null);
        if (error) { stream.destroy(error); return; }
        if (state.needDrain && state.length === 0 && !state.ending) { state.needDrain = false; stream.emit("drain"); }
        pump(stream);
      };
      if (sync) later(after); else after();
    };
    try {
      if (batch.length > 1 || typeof stream._writev === "function" && stream._write === Writable.prototype._write) stream._writev(batch, done); else stream._write(batch[0].chunk, batch[0].encoding, done);
    } catch (error) { done(error); }
    sync = false;
  };
  const end = (stream) => {
    const state = stream._writableState;
    if (!state.ending || state.finishing || state.writing || state.queue.length > 0) return;
    state.finishing = true;
    const done = (error) => {
      if (error) { stream.destroy(error); return; }
      state.finished = true;
      stream.writableFinished = true;
      later(() => { stream.emit("finish"); settle(stream); });
    };
    if (typeof stream._final === "function") { try { stream._final(done); } catch (error) { done(error); } } else done();
  };
  const writing = {
    _write(chunk, encoding, done) { if (typeof this._writev === "function") this._writev([{ chunk, encoding }], done); else throw code(new Error("The _write() method is not implemented"), "ERR_METHOD_NOT_IMPLEMENTED"); },
    write(chunk, encoding, done) {
      if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
      const state = this._writableState;
      encoding ??= state.standard;
      done ??= () => {};
      if (chunk === null) throw code(new TypeError("May not write null values to stream"), "ERR_STREAM_NULL_VALUES");
      if (!state.objectMode && (state.decode || typeof chunk !== "string")) { chunk = toBytes(chunk, encoding); encoding = "buffer"; }
      const problem = state.ending ? code(new Error("write after end"), "ERR_STREAM_WRITE_AFTER_END") : this.destroyed ? code(new Error("Cannot call write after a stream was destroyed"), "ERR_STREAM_DESTROYED") : null;
      if (problem) { later(() => done(problem)); if (state.ending) this.destroy(problem); return false; }
      const size = sizeOf(state, chunk);
      state.length += size;
      state.queue.push({ chunk, encoding, done, size });
      const room = state.length < state.mark;
      if (!room) state.needDrain = true;
      pump(this);
      return room;
    },
    end(chunk, encoding, done) {
      if (typeof chunk === "function") [chunk, done] = [undefined, chunk];
      if (typeof encoding === "function") [encoding, done] = [undefined, encoding];
      const state = this._writableState;
      if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
      if (done) { if (state.finished) later(done); else this.once("finish", done); }
      state.corked = 0;
      state.ending = true;
      pump(this);
      return this;
    },
    cork() { this._writableState.corked++; },
    uncork() { const state = this._writableState; if (state.corked > 0 && --state.corked === 0) pump(this); },
    setDefaultEncoding(encoding) { this._writableState.standard = encoding; return this; },
  };
  Object.assign(Writable.prototype, common, writing, { _constructed() { pump(this); }, pipe() { throw code(new Error("Cannot pipe, not readable"), "ERR_STREAM_CANNOT_PIPE"); } });
  Writable.fromWeb = (web) => { const writer = web.getWriter(); return new Writable({ write(chunk, _, done) { writer.ready.then(() => writer.write(chunk)).then(() => done(), done); }, final(done) { writer.close().then(() => done(), done); }, destroy(error, done) { if (error) writer.abort(error).catch(() => {}); done(error); } }); };
  Writable.toWeb = (stream) => new WritableStream({
    write: (chunk) => new Promise((resolve, reject) => { stream.write(chunk, (error) => error ? reject(error) : resolve()); }),
    close: () => new Promise((resolve, reject) => { stream.once("error", reject); stream.end(resolve); }),
    abort(reason) { stream.on("error", () => {}).destroy(reason); },
  });
  const gauge = (name, read) => { for (const Type of [Writable, Duplex]) Object.defineProperty(Type.prototype, name, { get() { return this._writableState ? read(this._writableState, this) : undefined; }, configurable: true }); };

  // ---- both
  function Duplex(options = {}) {
    if (!(this instanceof Duplex)) return new Duplex(options);
    const base = begin(this, options ?? {});
    startReadable(this, options ?? {}, base);
    startWritable(this, options ?? {}, base);
    this.allowHalfOpen = options?.allowHalfOpen !== false;
  }
  extend(Duplex, Readable);
  Object.assign(Duplex.prototype, writing);
  gauge("writable", (state, stream) => !stream.destroyed && !state.ending);
  gauge("writableLength", (state) => state.length);
  gauge("writableHighWaterMark", (state) => state.mark);
  gauge("writableObjectMode", (state) => state.objectMode);
  gauge("writableEnded", (state) => state.ending);
  gauge("writableNeedDrain", (state) => state.needDrain);
  gauge("writableCorked", (state) => state.corked);
  Object.defineProperty(Writable, Symbol.hasInstance, { value(object) { return Function.prototype[Symbol.hasInstance].call(this, object) || this === Writable && object?._writableState !== undefined; } });
  Duplex.from = (source) => source instanceof Stream ? source : Readable.from(source);

  function Transform(options = {}) {
    if (!(this instanceof Transform)) return new Transform(options);
    Duplex.call(this, options);
    adopt(this, options ?? {}, ["transform", "flush"]);
    this._waiting = null;
  }
  extend(Transform, Duplex);
  Object.assign(Transform.prototype, {
    _transform() { throw code(new Error("The _transform() method is not implemented"), "ERR_METHOD_NOT_IMPLEMENTED"); },
    _write(chunk, encoding, done) {
      this._transform(chunk, encoding, (error, result) => {
        if (error) { done(error); return; }
        if (result !== undefined && result !== null) this.push(result);
        const state = this._readableState;
        if (state.length < state.mark || state.length === 0) done(); else this._waiting = done;
      });
    },
    _read() { this._readableState.reading = false; const done = this._waiting; this._waiting = null; done?.(); },
    _final(done) {
      const last = (error, result) => { if (error) { done(error); return; } if (result !== undefined && result !== null) this.push(result); this.push(null); done(); };
      if (typeof this._flush === "function") this._flush(last); else last();
    },
  });
  function PassThrough(options) { if (!(this instanceof PassThrough)) return new PassThrough(options); Transform.call(this, options); }
  extend(PassThrough, Transform);
  PassThrough.prototype._transform = function (chunk, _, done) { done(null, chunk); };

  // ---- several
  const finished = (stream, options, done) => {
    if (typeof options === "function") [options, done] = [{}, options];
    if (stream instanceof ReadableStream || stream instanceof WritableStream) throw new TypeError("finished needs a stream of node:stream");
    const read = stream._readableState && options?.readable !== false, write = stream._writableState && options?.writable !== false;
    let over = false;
    const once = (error) => { if (!over) { over = true; done.call(stream, error); } };
    const check = () => { if ((!read || stream._readableState.ended) && (!write || stream._writableState.finished)) once(); };
    const closed = () => { check(); once(stream.errored ?? code(new Error("Premature close"), "ERR_STREAM_PREMATURE_CLOSE")); };
    const list = [["end", check], ["finish", check], ["error", once], ["close", closed]];
    for (const [name, listener] of list) stream.on(name, listener);
    options?.signal?.addEventListener("abort", () => once(options.signal.reason));
    if (stream.errored) later(() => once(stream.errored)); else if (stream.closed) later(closed); else later(check);
    return () => { for (const [name, listener] of list) stream.removeListener(name, listener); };
  };
  const pipeline = (...parts) => {
    const done = typeof parts.at(-1) === "function" && parts.length > 1 ? parts.pop() : () => {};
    const list = parts.length === 1 && Array.isArray(parts[0]) ? parts[0] : parts;
    let current = list[0] instanceof Stream ? list[0] : Readable.from(typeof list[0] === "function" ? list[0]() : list[0]);
    const streams = [current];
    let over = false;
    const end = (error) => { if (over) return; over = true; if (error) for (const stream of streams) stream.on("error", () => {}).destroy(); done(error ?? undefined, value); };
    let value, left = 0;
    for (const part of list.slice(1)) {
      if (typeof part === "function" && !(part instanceof Stream)) {
        const result = part(current);
        if (result?.[Symbol.asyncIterator]) current = Readable.from(result);
        else { left++; Promise.resolve(result).then((given) => { value = given; if (--left === 0) end(); }, end); current = null; break; }
      } else current = current.pipe(part);
      streams.push(current);
    }
    streams.forEach((stream, at) => {
      const last = at === streams.length - 1;
      if (last && current !== null) left++;
      finished(stream, { readable: !last && undefined }, (error) => { if (error) end(error); else if (last && current !== null && --left === 0) end(); });
    });
    return current ?? streams.at(-1);
  };
  const promises = {
    finished: (stream, options) => new Promise((resolve, reject) => { finished(stream, options ?? {}, (error) => error ? reject(error) : resolve()); }),
    pipeline: (...parts) => new Promise((resolve, reject) => {
      const options = parts.length > 1 && !(parts.at(-1) instanceof Stream) && typeof parts.at(-1) === "object" && !parts.at(-1)[Symbol.asyncIterator] ? parts.pop() : {};
      const last = pipeline(...parts, (error, value) => error ? reject(error) : resolve(value));
      options.signal?.addEventListener("abort", () => last.destroy(options.signal.reason));
    }),
  };
  const exports = Object.assign(Stream, {
    Stream, Readable, Writable, Duplex, Transform, PassThrough, finished, pipeline, promises,
    addAbortSignal: (signal, stream) => { if (signal.aborted) stream.destroy(signal.reason); else signal.addEventListener("abort", () => stream.destroy(signal.reason), { once: true }); return stream; },
    getDefaultHighWaterMark: (objects) => objects ? objectsMark : bytesMark,
    setDefaultHighWaterMark(objects, value) { if (objects) objectsMark = value; else bytesMark = value; },
    isReadable: (stream) => stream?.readable === true, isErrored: (stream) => Boolean(stream?.errored), isDisturbed: (stream) => stream?.readableDidRead === true || stream instanceof ReadableStream && shared.isDisturbed(stream),
  });
  return { ...exports, default: exports };
})
