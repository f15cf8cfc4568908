// node:events
(function (host, shared) {
  const code = (error, name) => Object.assign(error, { code: name });
  const checked = (listener) => {
    if (typeof listener !== "function") throw code(new TypeError(`The "listener" argument must be of type function. Received ${shared.show(listener)}`), "ERR_INVALID_ARG_TYPE");
    return listener;
  };
  const errorMonitor = Symbol("events.errorMonitor"), captureRejectionSymbol = Symbol.for("nodejs.rejection");
  let standardMax = 10;

  function EventEmitter(options) { EventEmitter.init.call(this, options); }
  const listsOf = (emitter) => Object.hasOwn(emitter, "_events") && emitter._events || (emitter._events = Object.create(null), emitter._eventsCount = 0, emitter._events);
  const add = (emitter, name, listener, before) => {
    checked(listener);
    const lists = listsOf(emitter);
    if (lists.newListener !== undefined) emitter.emit("newListener", name, listener.listener ?? listener);
    const list = lists[name];
    if (list === undefined) { lists[name] = [listener]; emitter._eventsCount++; } else if (before) lists[name] = [listener, ...list]; else lists[name] = [...list, listener];
    return emitter;
  };
  const once = (emitter, name, listener) => {
    checked(listener);
    const wrapped = (...values) => { emitter.removeListener(name, wrapped); return listener.apply(emitter, values); };
    wrapped.listener = listener;
    return wrapped;
  };
  Object.assign(EventEmitter.prototype, {
    on(name, listener) { return add(this, name, listener, false); },
    addListener(name, listener) { return this.on(name, listener); },
    prependListener(name, listener) { return add(this, name, listener, true); },
    once(name, listener) { return this.on(name, once(this, name, listener)); },
    prependOnceListener(name, listener) { return this.prependListener(name, once(this, name, listener)); },
    removeListener(name, listener) {
      checked(listener);
      const lists = listsOf(this), list = lists[name];
      const at = list ? list.findLastIndex((entry) => entry === listener || entry.listener === listener) : -1;
      if (at < 0) return this;
      // A new list: one that is being gone through stays as it is.
      if (list.length === 1) { delete lists[name]; this._eventsCount--; } else lists[name] = list.toSpliced(at, 1);
      if (lists.removeListener !== undefined) this.emit("removeListener", name, listener);
      return this;
    },
    off(name, listener) { return this.removeListener(name, listener); },
    removeAllListeners(name) {
      const lists = listsOf(this);
      if (name === undefined) { this._events = Object.create(null); this._eventsCount = 0; } else if (lists[name]) { delete lists[name]; this._eventsCount--; }
      return this;
    },
    emit(name, ...values) {
      const lists = listsOf(this);
      if (name === "error" && lists[errorMonitor] !== undefined) for (const listener of lists[errorMonitor]) listener.apply(this, values);
      const list = lists[name];
      if (list === undefined) {
        if (name !== "error") return false;
        const [error] = values;
        throw error instanceof Error ? error : code(Object.assign(new Error(`Unhandled error. (${shared.show(error)})`), { context: error }), "ERR_UNHANDLED_ERROR");
      }
      for (const listener of list) {
        const result = listener.apply(this, values);
        if (this._rejections && result instanceof Promise) {
          result.catch((error) => typeof this[captureRejectionSymbol] === "function" ? this[captureRejectionSymbol](error, name, ...values) : this.emit("error", error));
        }
      }
      return true;
    },
    listenerCount(name, listener) { const list = listsOf(this)[name] ?? []; return listener ? list.filter((entry) => entry === listener || entry.listener === listener).length : list.length; },
    listeners(name) { return (listsOf(this)[name] ?? []).map((entry) => entry.listener ?? entry); },
    rawListeners(name) { return [...listsOf(this)[name] ?? []]; },
    eventNames() { return Reflect.ownKeys(listsOf(this)); },
    setMaxListeners(most) {
      if (!(Number(most) >= 0)) throw code(new RangeError(`The value of "setMaxListeners" is out of range: ${most}`), "ERR_OUT_OF_RANGE");
      this._maxListeners = most;
      return this;
    },
    getMaxListeners() { return this._maxListeners ?? standardMax; },
  });
  EventEmitter.init = function (options) { listsOf(this); this._maxListeners ??= undefined; if (options?.captureRejections) this._rejections = true; };
  const exports = Object.assign(EventEmitter, {
    EventEmitter, errorMonitor, captureRejectionSymbol, captureRejections: false, usingDomains: false,
    once(emitter, name, { signal } = {}) {
      return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        if (emitter instanceof EventTarget) { emitter.addEventListener(name, (event) => resolve([event]), { once: true, signal }); signal?.addEventListener("abort", () => reject(signal.reason)); return; }
        const done = () => { emitter.removeListener(name, came); emitter.removeListener("error", failed); signal?.removeEventListener("abort", aborted); };
        const came = (...values) => { done(); resolve(values); };
        const failed = (error) => { done(); reject(error); };
        const aborted = () => failed(signal.reason);
        emitter.on(name, came);
        if (name !== "error") emitter.on("error", failed);
        signal?.addEventListener("abort", aborted);
      });
    },
    on(emitter, name, { signal, close = [] } = {}) {
      signal?.throwIfAborted();
      const queue = [], waiting = [];
      let failure, ended = false;
      const came = (...values) => { const next = waiting.shift(); if (next) next.resolve({ done: false, value: values }); else queue.push(values); };
      const failed = (error) => { failure = [error]; const next = waiting.shift(); if (next) { failure = undefined; next.reject(error); } };
      const end = () => {
        ended = true;
        emitter.removeListener(name, came);
        emitter.removeListener("error", failed);
        for (const next of waiting.splice(0)) next.resolve({ done: true, value: undefined });
        return Promise.resolve({ done: true, value: undefined });
      };
      emitter.on(name, came);
      if (name !== "error") emitter.on("error", failed);
      for (const last of close) emitter.once(last, end);
      signal?.addEventListener("abort", () => { failed(signal.reason); end(); });
      return {
        next() {
          if (queue.length) return Promise.resolve({ done: false, value: queue.shift() });
          if (failure) { const [error] = failure; failure = undefined; return Promise.reject(error); }
          if (ended) return Promise.resolve({ done: true, value: undefined });
          const next = Promise.withResolvers();
          waiting.push(next);
          return next.promise;
        },
        return: end,
        throw(error) { failed(error); return end(); },
        [Symbol.asyncIterator]() { return this; },
      };
    },
    listenerCount(emitter, name) { return emitter.listenerCount(name); },
    getEventListeners(emitter, name) { return emitter instanceof EventTarget ? shared.listenersOf(emitter, name).map((entry) => entry.listener) : emitter.listeners(name); },
    getMaxListeners(emitter) { return emitter.getMaxListeners?.() ?? standardMax; },
    setMaxListeners(most, ...emitters) { if (emitters.length === 0) standardMax = most; for (const emitter of emitters) emitter.setMaxListeners?.(most); },
    addAbortListener(signal, listener) {
      if (signal.aborted) queueMicrotask(() => listener()); else signal.addEventListener("abort", listener, { once: true });
      return { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() { signal.removeEventListener("abort", listener); } };
    },
  });
  Object.defineProperty(EventEmitter, "defaultMaxListeners", { get: () => standardMax, set: (most) => { standardMax = most; }, enumerable: true });
  return { ...exports, EventEmitter, default: EventEmitter };
})
