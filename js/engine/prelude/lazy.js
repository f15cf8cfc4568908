// What is not in every snapshot: built-in modules, and parts of the Web that few functions use. The host has their source.
(function (host, shared) {
  const made = new Map();
  // The exports of a built-in, made when first asked for; `undefined` when there is none of this name.
  const need = shared.need = (name) => {
    if (made.has(name)) return made.get(name);
    const make = host.builtin(name);
    if (make === undefined) return undefined;
    const exports = make(host, shared, need) ?? {};
    made.set(name, exports);
    return exports;
  };

  const PARTS = {
    "web:compression": ["CompressionStream", "DecompressionStream"],
    "web:pattern": ["URLPattern"],
    "web:messages": ["MessageChannel", "MessagePort"],
  };
  for (const [part, names] of Object.entries(PARTS)) {
    // A function that names one has it from the start; others find it when they look.
    if (names.some((name) => host.mentions(name))) { shared.define(globalThis, need(part)); continue; }
    for (const name of names) {
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get() { shared.define(globalThis, need(part)); return globalThis[name]; },
        set(value) { shared.define(globalThis, { [name]: value }); },
      });
    }
  }
})
