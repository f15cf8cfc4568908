// Event, EventTarget, AbortController; the global object's own events.
(function (host, shared) {
  const NONE = 0, CAPTURING = 1, AT_TARGET = 2, BUBBLING = 3;
  class Event {
    #type; #init; #cancelled = false; #stopped = false; #passive = false; #target = null; #current = null; #time; #busy = false; #trusted = false;
    constructor(type, init = {}) {
      if (arguments.length === 0) throw new TypeError("an Event needs a type");
      this.#type = String(type);
      this.#init = init ?? {};
    }
    static {
      // Whether the platform itself made it happen.
      shared.trust = (event, trusted) => { event.#trusted = trusted; return event; };
      shared.dispatch = (event, face, run) => {
        if (event.#busy) throw shared.domError("InvalidStateError", "the event is being dispatched");
        event.#target = event.#current = face;
        event.#busy = true;
        event.#stopped = false;
        try { run(() => event.#stopped, (passive) => { event.#passive = passive; }); } finally { event.#busy = false; event.#current = null; }
        return !event.#cancelled;
      };
    }
    get type() { return this.#type; }
    get target() { return this.#target; }
    get srcElement() { return this.#target; }
    get currentTarget() { return this.#current; }
    get bubbles() { return !!this.#init.bubbles; }
    get cancelable() { return !!this.#init.cancelable; }
    get composed() { return !!this.#init.composed; }
    get defaultPrevented() { return this.#cancelled; }
    get returnValue() { return !this.#cancelled; }
    set returnValue(value) { if (!value) this.preventDefault(); }
    get eventPhase() { return this.#current ? AT_TARGET : NONE; }
    get isTrusted() { return this.#trusted; }
    get cancelBubble() { return this.#stopped; }
    set cancelBubble(value) { if (value) this.stopPropagation(); }
    // Of the first look: the clock is not there while the module is evaluated.
    get timeStamp() { return this.#time ??= host.elapsed(); }
    preventDefault() { if (this.cancelable && !this.#passive) this.#cancelled = true; }
    // There is only ever one target.
    stopPropagation() {}
    stopImmediatePropagation() { this.#stopped = true; }
    composedPath() { return this.#current ? [this.#current] : []; }
  }
  shared.tag(Event, "Event");
  for (const [name, value] of Object.entries({ NONE, CAPTURING_PHASE: CAPTURING, AT_TARGET, BUBBLING_PHASE: BUBBLING })) {
    for (const object of [Event, Event.prototype]) Object.defineProperty(object, name, { value, enumerable: true });
  }

  // An event with some values of its own, which the constructor's second argument brings.
  const kind = (name, values) => {
    const Kind = { [name]: class extends Event {
      #values = {};
      constructor(type, init = {}) {
        if (arguments.length === 0) throw new TypeError(`a ${name} needs a type`);
        super(type, init);
        for (const [key, standard] of Object.entries(values)) this.#values[key] = init?.[key] ?? standard;
      }
      static { for (const key of Object.keys(values)) Object.defineProperty(this.prototype, key, { get() { return this.#values[key]; }, enumerable: true, configurable: true }); }
    } }[name];
    shared.tag(Kind, name);
    return Kind;
  };
  const CustomEvent = kind("CustomEvent", { detail: null });
  const ErrorEvent = kind("ErrorEvent", { message: "", filename: "", lineno: 0, colno: 0, error: undefined });
  const PromiseRejectionEvent = kind("PromiseRejectionEvent", { promise: undefined, reason: undefined });
  const MessageEvent = kind("MessageEvent", { data: null, origin: "", lastEventId: "", source: null, ports: [] });
  const CloseEvent = kind("CloseEvent", { wasClean: false, code: 0, reason: "" });

  class EventTarget {
    #listeners = null;
    addEventListener(type, listener, options) {
      if (listener === null || listener === undefined) return;
      if (typeof listener !== "function" && typeof listener !== "object") {
        throw new TypeError("a listener is a function or an object with handleEvent");
      }
      const more = typeof options === "object" && options !== null ? options : { capture: options };
      const { signal } = more, capture = !!more.capture;
      if (signal !== undefined && !(signal instanceof AbortSignal)) throw new TypeError("`signal` is no AbortSignal");
      if (signal?.aborted) return;
      type = String(type);
      this.#listeners ??= new Map();
      let list = this.#listeners.get(type);
      if (!list) this.#listeners.set(type, list = []);
      if (list.some((entry) => entry.listener === listener && entry.capture === capture)) return;
      list.push({ listener, capture, once: !!more.once, passive: !!more.passive, removed: false });
      signal?.addEventListener("abort", () => this.removeEventListener(type, listener, capture));
    }
    removeEventListener(type, listener, options) {
      const capture = typeof options === "object" && options !== null ? !!options.capture : !!options;
      const list = this.#listeners?.get(String(type));
      const at = list ? list.findIndex((entry) => entry.listener === listener && entry.capture === capture) : -1;
      if (at >= 0) list.splice(at, 1)[0].removed = true;
    }
    dispatchEvent(event) { if (event instanceof Event) shared.trust(event, false); return fire(this, event, this); }
    static {
      shared.listens = (target, type) => (target.#listeners?.get(type)?.length ?? 0) > 0;
      shared.listenersOf = (target, type) => [...target.#listeners?.get(type) ?? []];
    }
  }
  shared.tag(EventTarget, "EventTarget");
  // `face` is what listeners see as the target.
  const fire = shared.fire = (target, event, face) => {
    if (!(event instanceof Event)) throw new TypeError("dispatchEvent needs an Event");
    return shared.dispatch(event, face, (stopped, passive) => {
      for (const entry of shared.listenersOf(target, event.type)) {
        if (entry.removed) continue;
        if (entry.once) target.removeEventListener(event.type, entry.listener, entry.capture);
        passive(entry.passive);
        // What a listener throws does not keep the others from being called.
        try {
          if (typeof entry.listener === "function") entry.listener.call(face, event);
          else entry.listener.handleEvent(event);
        } catch (error) { shared.report(error); }
        passive(false);
        if (stopped()) break;
      }
    });
  };
  // A property such as `onmessage`: one listener that is set and read.
  const handler = shared.handler = (object, type, wrap = (listener) => listener) => {
    const set = new WeakMap();
    Object.defineProperty(object, `on${type}`, {
      configurable: true, enumerable: true,
      get() { return set.get(this)?.value ?? null; },
      set(value) {
        const target = shared.faces?.get(this) ?? this, old = set.get(this);
        if (old) target.removeEventListener(type, old.listener);
        set.delete(this);
        if (typeof value !== "function") return;
        const entry = { value, listener: wrap(value) };
        set.set(this, entry);
        target.addEventListener(type, entry.listener);
      },
    });
  };

  const made = Symbol();
  class AbortSignal extends EventTarget {
    // `sources`: the signals that one made by `any` depends on, none of which depends on others.
    #aborted = false; #reason; #sources = null;
    constructor(key) {
      if (key !== made) throw new TypeError("an AbortSignal comes from an AbortController");
      super();
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    static abort(reason) { const signal = new AbortSignal(made); shared.abort(signal, reason); return signal; }
    static timeout(ms) {
      if (!(Number(ms) >= 0)) throw new TypeError("a timeout is a number of milliseconds");
      const signal = new AbortSignal(made);
      setTimeout(() => shared.abort(signal, shared.domError("TimeoutError", "the time is over")), ms);
      return signal;
    }
    static any(signals) {
      const signal = new AbortSignal(made), list = [...signals];
      const first = list.find((one) => one.aborted);
      if (first) { shared.abort(signal, first.reason); return signal; }
      signal.#sources = new Set(list.flatMap((one) => one.#sources ? [...one.#sources] : [one]));
      for (const one of signal.#sources) one.addEventListener("abort", () => shared.abort(signal, one.reason), { once: true });
      return signal;
    }
    static {
      shared.abort = (signal, reason) => {
        if (signal.#aborted) return;
        signal.#aborted = true;
        signal.#reason = reason === undefined ? shared.domError("AbortError", "the operation was aborted") : reason;
        fire(signal, shared.trust(new Event("abort"), true), signal);
      };
    }
  }
  shared.tag(AbortSignal, "AbortSignal");
  handler(AbortSignal.prototype, "abort");
  shared.newSignal = () => new AbortSignal(made);

  class AbortController {
    #signal = shared.newSignal();
    get signal() { return this.#signal; }
    abort(reason) { shared.abort(this.#signal, reason); }
  }
  shared.tag(AbortController, "AbortController");

  // ---- the global object is an EventTarget, too: what goes wrong is told there before it ends the request
  const UNCAUGHT = 0, UNHANDLED = 1;
  const global = new EventTarget();
  shared.faces = new Map([[globalThis, global]]);
  Object.setPrototypeOf(globalThis, Object.create(EventTarget.prototype));
  shared.define(globalThis, {
    Event, CustomEvent, ErrorEvent, PromiseRejectionEvent, MessageEvent, CloseEvent, EventTarget, AbortSignal, AbortController,
    addEventListener(...values) { global.addEventListener(...values); },
    removeEventListener(...values) { global.removeEventListener(...values); },
    dispatchEvent(event) { return fire(global, event, globalThis); },
    reportError(error) {
      if (arguments.length === 0) throw new TypeError("reportError needs an error");
      shared.report(error);
    },
  });
  handler(globalThis, "error", (listener) => (event) => {
    if (listener.call(globalThis, event.message, event.filename, event.lineno, event.colno, event.error) === true) event.preventDefault();
  });
  handler(globalThis, "unhandledrejection");
  handler(globalThis, "rejectionhandled");
  for (const name of ["onerror", "onunhandledrejection", "onrejectionhandled"]) {
    Object.defineProperty(globalThis, name, { ...Object.getOwnPropertyDescriptor(globalThis, name), enumerable: false });
  }

  // More listeners, of `process`: `(kind, error, promise)`, `true` when they took care.
  shared.watchers = [];
  const told = new WeakSet();
  shared.failure = (kind, promise, error) => {
    if (kind === UNCAUGHT) {
      if (shared.watchers.some((watch) => watch(kind, error))) return true;
      if (!shared.listens(global, "error")) return false;
      const [, file = "", line = 0, column = 0] = /([\w.:/-]+):(\d+):(\d+)/.exec(error?.stack ?? "") ?? [];
      const message = error instanceof Error ? `Uncaught ${error.name}: ${error.message}` : `Uncaught ${shared.show(error)}`;
      return !fire(global, new ErrorEvent("error", { cancelable: true, message, filename: file, lineno: Number(line), colno: Number(column), error }), globalThis);
    }
    if (kind === UNHANDLED) {
      if (shared.watchers.some((watch) => watch(kind, error, promise))) { told.add(promise); return true; }
      if (!shared.listens(global, "unhandledrejection")) return false;
      const excused = !fire(global, new PromiseRejectionEvent("unhandledrejection", { cancelable: true, promise, reason: error }), globalThis);
      if (excused) told.add(promise);
      return excused;
    }
    if (told.delete(promise)) {
      queueMicrotask(() => {
        for (const watch of shared.watchers) watch(kind, error, promise);
        fire(global, new PromiseRejectionEvent("rejectionhandled", { promise, reason: error }), globalThis);
      });
    }
    return true;
  };
  let reporting = false;
  shared.report = (error) => {
    // What a listener for errors throws ends the request.
    if (reporting) { host.fail(UNCAUGHT, error); return; }
    reporting = true;
    try { if (!shared.failure(UNCAUGHT, undefined, error)) host.fail(UNCAUGHT, error); } finally { reporting = false; }
  };
})
