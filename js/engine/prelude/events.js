// Event, EventTarget, AbortController.
(function (host, shared) {
  class Event {
    #type; #init; #canceled = false;
    constructor(type, init = {}) {
      if (arguments.length === 0) throw new TypeError("an Event needs a type");
      this.#type = String(type);
      this.#init = init ?? {};
      this.timeStamp = 0;
      this.target = null;
      this.currentTarget = null;
      this.stopped = false;
    }
    get type() { return this.#type; }
    get bubbles() { return !!this.#init.bubbles; }
    get cancelable() { return !!this.#init.cancelable; }
    get composed() { return !!this.#init.composed; }
    get defaultPrevented() { return this.#canceled; }
    get eventPhase() { return this.currentTarget ? 2 : 0; }
    get isTrusted() { return false; }
    preventDefault() { if (this.cancelable) this.#canceled = true; }
    stopPropagation() {}
    stopImmediatePropagation() { this.stopped = true; }
    composedPath() { return this.currentTarget ? [this.currentTarget] : []; }
  }
  shared.tag(Event, "Event");

  class CustomEvent extends Event {
    #detail;
    constructor(type, init = {}) { super(type, init); this.#detail = init?.detail ?? null; }
    get detail() { return this.#detail; }
  }
  shared.tag(CustomEvent, "CustomEvent");

  class ErrorEvent extends Event {
    constructor(type, init = {}) {
      super(type, init);
      this.message = init.message ?? ""; this.filename = init.filename ?? ""; this.error = init.error;
      this.lineno = init.lineno ?? 0; this.colno = init.colno ?? 0;
    }
  }
  shared.tag(ErrorEvent, "ErrorEvent");

  class EventTarget {
    #listeners = new Map();
    addEventListener(type, listener, options) {
      if (listener === null || listener === undefined) return;
      if (typeof listener !== "function" && typeof listener !== "object") {
        throw new TypeError("a listener is a function or an object with handleEvent");
      }
      const capture = typeof options === "object" ? !!options?.capture : !!options;
      const once = typeof options === "object" && !!options?.once;
      const signal = typeof options === "object" ? options?.signal : undefined;
      if (signal?.aborted) return;
      type = String(type);
      let list = this.#listeners.get(type);
      if (!list) this.#listeners.set(type, list = []);
      if (list.some((entry) => entry.listener === listener && entry.capture === capture)) return;
      list.push({ listener, capture, once });
      signal?.addEventListener("abort", () => this.removeEventListener(type, listener, options));
    }
    removeEventListener(type, listener, options) {
      const capture = typeof options === "object" ? !!options?.capture : !!options;
      const list = this.#listeners.get(String(type));
      const at = list ? list.findIndex((entry) => entry.listener === listener && entry.capture === capture) : -1;
      if (at >= 0) list.splice(at, 1);
    }
    dispatchEvent(event) {
      if (!(event instanceof Event)) throw new TypeError("dispatchEvent needs an Event");
      event.target = event.currentTarget = this;
      for (const entry of [...(this.#listeners.get(event.type) ?? [])]) {
        if (entry.once) this.removeEventListener(event.type, entry.listener, entry.capture);
        if (typeof entry.listener === "function") entry.listener.call(this, event);
        else entry.listener.handleEvent(event);
        if (event.stopped) break;
      }
      event.currentTarget = null;
      return !event.defaultPrevented;
    }
  }
  shared.tag(EventTarget, "EventTarget");

  const made = Symbol();
  class AbortSignal extends EventTarget {
    #aborted = false; #reason; #handler = null;
    constructor(key) {
      if (key !== made) throw new TypeError("an AbortSignal comes from an AbortController");
      super();
    }
    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    get onabort() { return this.#handler; }
    set onabort(handler) {
      if (this.#handler) this.removeEventListener("abort", this.#handler);
      this.#handler = typeof handler === "function" ? handler : null;
      if (this.#handler) this.addEventListener("abort", this.#handler);
    }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }
    static abort(reason) { const signal = new AbortSignal(made); shared.abort(signal, reason); return signal; }
    static timeout(ms) {
      const signal = new AbortSignal(made);
      setTimeout(() => shared.abort(signal, shared.domError("TimeoutError", "the time is over")), ms);
      return signal;
    }
    static any(signals) {
      const signal = new AbortSignal(made);
      for (const one of signals) {
        if (one.aborted) { shared.abort(signal, one.reason); break; }
        one.addEventListener("abort", () => shared.abort(signal, one.reason), { once: true });
      }
      return signal;
    }
    static {
      shared.abort = (signal, reason) => {
        if (signal.#aborted) return;
        signal.#aborted = true;
        signal.#reason = reason === undefined ? shared.domError("AbortError", "the operation was aborted") : reason;
        signal.dispatchEvent(new Event("abort"));
      };
    }
  }
  shared.tag(AbortSignal, "AbortSignal");
  shared.newSignal = () => new AbortSignal(made);

  class AbortController {
    #signal = shared.newSignal();
    get signal() { return this.#signal; }
    abort(reason) { shared.abort(this.#signal, reason); }
  }
  shared.tag(AbortController, "AbortController");
  shared.define(globalThis, { Event, CustomEvent, ErrorEvent, EventTarget, AbortSignal, AbortController });
})
