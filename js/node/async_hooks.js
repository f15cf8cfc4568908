// node:async_hooks. What belongs to the code that runs is one value of the engine's: a Map of stores, never changed once it is made.
(function (host, shared, need) {
  const within = (context, run, self, values) => {
    const before = host.context(context);
    try { return run.apply(self, values); } finally { host.context(before); }
  };
  class AsyncLocalStorage {
    #on = true; #standard;
    constructor({ defaultValue, name = "" } = {}) { this.#standard = defaultValue; this.name = name; }
    static bind(run) { return AsyncResource.bind(run); }
    static snapshot() { const context = host.context(); return (run, ...values) => within(context, run, undefined, values); }
    #with(store) { return new Map(host.context() ?? []).set(this, store); }
    getStore() { const context = host.context(); return this.#on && context?.has(this) ? context.get(this) : this.#standard; }
    run(store, run, ...values) { this.#on = true; return within(this.#with(store), run, undefined, values); }
    exit(run, ...values) { const context = new Map(host.context() ?? []); context.delete(this); return within(context, run, undefined, values); }
    enterWith(store) { this.#on = true; host.context(this.#with(store)); }
    disable() { this.#on = false; const context = new Map(host.context() ?? []); context.delete(this); host.context(context); }
  }
  let last = 1;
  class AsyncResource {
    #context = host.context(); #id = ++last;
    constructor(type) { if (typeof type !== "string") throw Object.assign(new TypeError('The "type" argument must be of type string.'), { code: "ERR_INVALID_ARG_TYPE" }); this.type = type; }
    runInAsyncScope(run, self, ...values) { return within(this.#context, run, self, values); }
    bind(run, self) { const resource = this; return function (...values) { return resource.runInAsyncScope(run, self ?? this, ...values); }; }
    static bind(run, type, self) { return new AsyncResource(type ?? (run.name || "bound")).bind(run, self); }
    asyncId() { return this.#id; }
    triggerAsyncId() { return 0; }
    emitDestroy() { return this; }
  }
  const exports = {
    AsyncLocalStorage, AsyncResource,
    executionAsyncId: () => 1, triggerAsyncId: () => 0, executionAsyncResource: () => ({}),
    createHook() { throw new TypeError("node:async_hooks has no createHook here; use AsyncLocalStorage"); },
    asyncWrapProviders: {},
  };
  return { ...exports, default: exports };
})
