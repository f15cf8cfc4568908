// WritableStream with its controller and writer, and pipes, as the Streams standard has them.
(function (host, shared) {
  const { streams } = shared, { asPromise, method, later, quiet, KEY } = streams;

  // States: writable, erroring (a write may still be under way), errored, closed.
  const settled = () => { const l = later(); l.resolve(); return l; };
  const closing = (w) => w.close !== null || w.closeInFlight !== null;
  const desired = (w) => w.state === "errored" || w.state === "erroring" ? null : w.state === "closed" ? 0 : w.mark - w.queue.total;
  const full = (w) => w.mark - w.queue.total <= 0;
  const forget = (w) => { w.sink = w.methods = w.size = undefined; };

  const begin = (w, error) => {
    w.state = "erroring";
    w.error = error;
    if (w.writer) refuseReady(w.writer, error);
    if (w.writeInFlight === null && w.closeInFlight === null && w.started) finish(w);
  };
  const finish = (w) => {
    w.state = "errored";
    w.queue.clear();
    for (const write of w.writes.splice(0)) write.reject(w.error);
    const abort = w.abort;
    w.abort = null;
    if (abort === null) { refuse(w); return; }
    if (abort.late) { abort.reject(w.error); refuse(w); return; }
    const { sink, methods } = w;
    forget(w);
    asPromise(() => methods.abort?.call(sink, abort.reason)).then(
      () => { abort.resolve(); refuse(w); }, (error) => { abort.reject(error); refuse(w); });
  };
  // Close and closed promises are rejected.
  const refuse = (w) => {
    if (w.close !== null) { w.close.reject(w.error); w.close = null; }
    if (w.writer) { quiet(w.writer.closed.promise); w.writer.closed.reject(w.error); }
  };
  const refuseReady = (writer, error) => {
    if (writer.readyPending) writer.ready.reject(error);
    else { writer.ready = later(); writer.ready.reject(error); }
    writer.readyPending = false;
    quiet(writer.ready.promise);
  };
  const refuseClosed = (writer, error) => { writer.closed = later(); quiet(writer.closed.promise); writer.closed.reject(error); };
  const failed = (w, error) => { if (w.state === "writable") begin(w, error); else if (w.state === "erroring") finish(w); };
  const error = (w, reason) => { if (w.state === "writable") { forget(w); begin(w, reason); } };
  const pressure = (w, on) => {
    if (w.writer && on !== w.pressed) {
      if (on) { w.writer.ready = later(); w.writer.readyPending = true; }
      else { w.writer.ready.resolve(); w.writer.readyPending = false; }
    }
    w.pressed = on;
  };

  const advance = (w) => {
    if (!w.started || w.writeInFlight !== null || w.state === "closed" || w.state === "errored") return;
    if (w.state === "erroring") { finish(w); return; }
    if (w.queue.length === 0) return;
    const item = w.queue.peek();
    if (item === CLOSE) {
      w.closeInFlight = w.close;
      w.close = null;
      w.queue.shift();
      const { sink, methods } = w;
      forget(w);
      asPromise(() => methods.close?.call(sink)).then(() => closed(w), (reason) => {
        w.closeInFlight.reject(reason);
        w.closeInFlight = null;
        if (w.abort !== null) { w.abort.reject(reason); w.abort = null; }
        failed(w, reason);
      });
      return;
    }
    w.writeInFlight = w.writes.shift();
    asPromise(() => w.methods.write?.call(w.sink, item.chunk, w.controller)).then(() => {
      w.writeInFlight.resolve();
      w.writeInFlight = null;
      w.queue.shift();
      if (!closing(w) && w.state === "writable") pressure(w, full(w));
      advance(w);
    }, (reason) => {
      if (w.state === "writable") forget(w);
      w.writeInFlight.reject(reason);
      w.writeInFlight = null;
      failed(w, reason);
    });
  };
  const CLOSE = Symbol("close");
  const closed = (w) => {
    w.closeInFlight.resolve();
    w.closeInFlight = null;
    if (w.state === "erroring") {
      w.error = undefined;
      if (w.abort !== null) { w.abort.resolve(); w.abort = null; }
    }
    w.state = "closed";
    w.writer?.closed.resolve();
  };
  const abort = (w, reason) => {
    if (w.state === "closed" || w.state === "errored") return Promise.resolve();
    shared.abort(w.signal, reason);
    if (w.state === "closed" || w.state === "errored") return Promise.resolve();
    if (w.abort !== null) return w.abort.promise;
    const late = w.state === "erroring";
    w.abort = { ...later(), reason: late ? undefined : reason, late };
    const { promise } = w.abort;
    if (!late) begin(w, reason);
    return promise;
  };
  const close = (w) => {
    if (w.state === "closed" || w.state === "errored") return Promise.reject(new TypeError("the stream is closed"));
    w.close = later();
    if (w.writer && w.pressed && w.state === "writable") { w.writer.ready.resolve(); w.writer.readyPending = false; }
    w.queue.push(CLOSE, 0);
    const { promise } = w.close;
    advance(w);
    return promise;
  };
  const write = (writer, chunk) => {
    const w = writer.stream;
    let size = 1;
    if (w.size) try { size = w.size(chunk); } catch (reason) { error(w, reason); }
    if (writer.stream !== w) return Promise.reject(new TypeError("the writer was released"));
    if (w.state === "errored") return Promise.reject(w.error);
    if (closing(w) || w.state === "closed") return Promise.reject(new TypeError("the stream is closed"));
    if (w.state === "erroring") return Promise.reject(w.error);
    const request = later();
    w.writes.push(request);
    try { w.queue.push({ chunk }, size); } catch (reason) { error(w, reason); return request.promise; }
    if (!closing(w) && w.state === "writable") pressure(w, full(w));
    advance(w);
    return request.promise;
  };

  class WritableStreamDefaultController {
    #w;
    constructor(key, w) { if (key !== KEY) throw new TypeError("a controller comes with its stream"); this.#w = w; }
    get signal() { return this.#w.signal; }
    error(reason) { error(this.#w, reason); }
  }
  shared.tag(WritableStreamDefaultController, "WritableStreamDefaultController");

  class WritableStream {
    #w;
    constructor(sink = {}, strategy = {}) {
      if (sink === null || typeof sink !== "object" && typeof sink !== "function") throw new TypeError("a sink is an object");
      if (sink.type !== undefined) throw new RangeError("a sink has no `type`");
      const w = this.#w = {
        state: "writable", error: undefined, writer: null, writes: [], writeInFlight: null, close: null, closeInFlight: null, abort: null,
        pressed: false, queue: new streams.Queue(), started: false, mark: 0, size: undefined, sink, methods: null, signal: shared.newSignal(),
        controller: null,
      };
      w.size = streams.sizer(strategy);
      w.mark = streams.mark(strategy, 1);
      w.methods = { write: method(sink, "write"), close: method(sink, "close"), abort: method(sink, "abort") };
      const start = method(sink, "start");
      w.controller = new WritableStreamDefaultController(KEY, w);
      pressure(w, full(w));
      const started = start ? start.call(sink, w.controller) : undefined;
      Promise.resolve(started).then(() => { w.started = true; advance(w); }, (reason) => { w.started = true; failed(w, reason); });
    }
    static { streams.ofWritable = (stream) => stream.#w; streams.isWritable = (stream) => typeof stream === "object" && stream !== null && #w in stream; }
    get locked() { return this.#w.writer !== null; }
    getWriter() { return new WritableStreamDefaultWriter(this); }
    abort(reason) { return this.#w.writer ? Promise.reject(new TypeError("the stream is locked")) : abort(this.#w, reason); }
    close() {
      if (this.#w.writer) return Promise.reject(new TypeError("the stream is locked"));
      return closing(this.#w) ? Promise.reject(new TypeError("the stream is closed")) : close(this.#w);
    }
  }
  shared.tag(WritableStream, "WritableStream");

  const lock = (w) => {
    if (w.writer) throw new TypeError("the stream is locked");
    const writer = w.writer = { stream: w, closed: later(), ready: null, readyPending: false };
    quiet(writer.closed.promise);
    if (w.state === "erroring" || w.state === "errored") {
      writer.ready = later();
      quiet(writer.ready.promise);
      writer.ready.reject(w.error);
      if (w.state === "errored") writer.closed.reject(w.error);
    } else if (w.state === "writable" && !closing(w) && w.pressed) { writer.ready = later(); writer.readyPending = true; }
    else writer.ready = settled();
    if (w.state === "closed") writer.closed.resolve();
    return writer;
  };
  const release = (writer) => {
    const w = writer.stream;
    if (!w) return;
    const reason = new TypeError("the writer was released");
    refuseReady(writer, reason);
    if (w.state === "writable" || w.state === "erroring") { quiet(writer.closed.promise); writer.closed.reject(reason); }
    else refuseClosed(writer, reason);
    w.writer = null;
    writer.stream = null;
  };
  class WritableStreamDefaultWriter {
    #writer;
    constructor(stream) {
      if (!streams.isWritable(stream)) throw new TypeError("a writer needs a WritableStream");
      this.#writer = lock(streams.ofWritable(stream));
    }
    #stream() { if (!this.#writer.stream) throw new TypeError("the writer was released"); return this.#writer.stream; }
    get closed() { return this.#writer.closed.promise; }
    get ready() { return this.#writer.ready.promise; }
    get desiredSize() { return desired(this.#stream()); }
    write(chunk) { return asPromise(() => { this.#stream(); return write(this.#writer, chunk); }); }
    close() { return asPromise(() => { const w = this.#stream(); if (closing(w)) throw new TypeError("the stream is closed"); return close(w); }); }
    abort(reason) { return asPromise(() => abort(this.#stream(), reason)); }
    releaseLock() { release(this.#writer); }
  }
  shared.tag(WritableStreamDefaultWriter, "WritableStreamDefaultWriter");

  // ---- pipes
  streams.pipeOptions = (options) => {
    const { preventClose, preventAbort, preventCancel, signal } = options ?? {};
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("`signal` is no AbortSignal");
    return { preventClose: !!preventClose, preventAbort: !!preventAbort, preventCancel: !!preventCancel, signal };
  };
  streams.pipe = (s, w, { preventClose, preventAbort, preventCancel, signal }) => {
    const reader = streams.lock(s.object, false), writer = lock(w), result = later();
    let ending = false, writing = Promise.resolve();
    s.disturbed = true;
    const leave = (isError, reason) => {
      release(writer);
      streams.release(reader);
      signal?.removeEventListener("abort", aborted);
      if (isError) result.reject(reason); else result.resolve();
    };
    // What was read is written before the pipe ends.
    const written = async () => { for (let seen; seen !== writing;) { seen = writing; await seen; } };
    const shutdown = (act, isError, reason) => {
      if (ending) return;
      ending = true;
      const go = () => act ? act().then(() => leave(isError, reason), (other) => leave(true, other)) : leave(isError, reason);
      if (w.state === "writable" && !closing(w)) written().then(go); else go();
    };
    const aborted = () => {
      const acts = [];
      if (!preventAbort) acts.push(() => w.state === "writable" ? abort(w, signal.reason) : Promise.resolve());
      if (!preventCancel) acts.push(() => s.state === "readable" ? streams.cancel(s, signal.reason) : Promise.resolve());
      shutdown(() => Promise.all(acts.map((act) => act())), true, signal.reason);
    };
    if (signal?.aborted) { aborted(); return result.promise; }
    signal?.addEventListener("abort", aborted);

    const sourceFailed = () => shutdown(preventAbort ? null : () => abort(w, s.error), true, s.error);
    const targetFailed = () => shutdown(preventCancel ? null : () => streams.cancel(s, w.error), true, w.error);
    const sourceClosed = () => shutdown(preventClose ? null : () => closing(w) || w.state === "closed" ? Promise.resolve()
      : w.state === "errored" ? Promise.reject(w.error) : close(w), false);
    if (s.state === "errored") sourceFailed();
    else if (w.state === "erroring" || w.state === "errored") targetFailed();
    else if (s.state === "closed") sourceClosed();
    else if (closing(w) || w.state === "closed") {
      const reason = new TypeError("the target of the pipe is closed");
      shutdown(preventCancel ? null : () => streams.cancel(s, reason), true, reason);
    }
    reader.closed.promise.then(sourceClosed, sourceFailed);
    writer.closed.promise.then(undefined, targetFailed);
    const step = () => {
      if (ending) return;
      writer.ready.promise.then(() => {
        if (ending) return;
        streams.read(reader, {
          chunk(chunk) {
            // Not within the source's own call.
            writing = Promise.resolve().then(() => writer.stream ? write(writer, chunk) : undefined).then(undefined, () => {});
            writing.then(() => {});
            queueMicrotask(step);
          },
          close() {}, error() {},
        });
      }, () => {});
    };
    step();
    return result.promise;
  };
  streams.errorWritable = error;
  shared.moved.push([WritableStream, (stream) => {
    streams.unlocked(stream);
    const writer = stream.getWriter();
    return new WritableStream({ write: (chunk) => writer.write(chunk), close: () => writer.close(), abort: (reason) => writer.abort(reason) });
  }]);

  shared.define(globalThis, { WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController });
})
