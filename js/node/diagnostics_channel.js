// node:diagnostics_channel
(function () {
  const channels = new Map();
  class Channel {
    #listeners = [];
    constructor(name) { this.name = name; }
    get hasSubscribers() { return this.#listeners.length > 0; }
    subscribe(listener) { this.#listeners = [...this.#listeners, listener]; }
    unsubscribe(listener) { const had = this.#listeners.includes(listener); this.#listeners = this.#listeners.filter((one) => one !== listener); return had; }
    publish(message) { for (const listener of this.#listeners) listener(message, this.name); }
    bindStore() { throw new TypeError("diagnostics_channel: `bindStore` is not available"); }
    runStores(message, run, self, ...values) { this.publish(message); return run.apply(self, values); }
  }
  const channel = (name) => { if (!channels.has(name)) channels.set(name, new Channel(name)); return channels.get(name); };
  const tracingChannel = (name) => {
    const of = (event) => channel(`tracing:${name}:${event}`), all = Object.fromEntries(["start", "end", "asyncStart", "asyncEnd", "error"].map((event) => [event, of(event)]));
    return {
      ...all,
      get hasSubscribers() { return Object.values(all).some((one) => one.hasSubscribers); },
      subscribe(handlers) { for (const [event, handler] of Object.entries(handlers)) all[event]?.subscribe(handler); },
      unsubscribe(handlers) { for (const [event, handler] of Object.entries(handlers)) all[event]?.unsubscribe(handler); },
      traceSync(run, context = {}, self, ...values) {
        all.start.publish(context);
        try { return context.result = run.apply(self, values); } catch (error) { context.error = error; all.error.publish(context); throw error; } finally { all.end.publish(context); }
      },
      tracePromise(run, context = {}, self, ...values) {
        all.start.publish(context);
        const settle = (key, value) => { context[key] = value; if (key === "error") all.error.publish(context); all.asyncStart.publish(context); all.asyncEnd.publish(context); };
        try { return Promise.resolve(run.apply(self, values)).then((result) => { settle("result", result); return result; }, (error) => { settle("error", error); throw error; }); } finally { all.end.publish(context); }
      },
    };
  };
  const exports = { channel, Channel, tracingChannel, hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false, subscribe: (name, listener) => channel(name).subscribe(listener), unsubscribe: (name, listener) => channel(name).unsubscribe(listener) };
  return { ...exports, default: exports };
})
