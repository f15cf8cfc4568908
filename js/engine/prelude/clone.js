// structuredClone.
(function (host, shared) {
  const ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const refuse = (what) => { throw shared.domError("DataCloneError", `${what} cannot be cloned`); };
  const clone = (value, seen, transferred) => {
    if (typeof value === "symbol") refuse("a symbol");
    if (typeof value === "function") refuse("a function");
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const keep = (copy) => { seen.set(value, copy); return copy; };
    if (value instanceof Boolean || value instanceof Number || value instanceof String) return keep(Object(value.valueOf()));
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) return keep(transferred.has(value) ? value.transfer() : value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = clone(value.buffer, seen, transferred);
      const length = value instanceof DataView ? value.byteLength : value.length;
      return keep(new value.constructor(buffer, value.byteOffset, length));
    }
    if (value instanceof Map) {
      const copy = keep(new Map());
      for (const [k, v] of [...value]) copy.set(clone(k, seen, transferred), clone(v, seen, transferred));
      return copy;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const v of [...value]) copy.add(clone(v, seen, transferred));
      return copy;
    }
    if (value instanceof Error) {
      const copy = keep(Object.create((ERRORS[value.name] ?? Error).prototype));
      for (const name of ["message", "stack", "cause"]) {
        if (Object.hasOwn(value, name)) {
          Object.defineProperty(copy, name, { value: clone(value[name], seen, transferred), writable: true, configurable: true });
        }
      }
      return copy;
    }
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef ||
        value instanceof EventTarget || shared.isPlatformObject?.(value)) refuse(`a ${value.constructor?.name ?? "platform object"}`);
    const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const name of Object.keys(value)) copy[name] = clone(value[name], seen, transferred);
    return copy;
  };
  shared.define(globalThis, {
    structuredClone(value, options) {
      if (arguments.length === 0) throw new TypeError("structuredClone needs a value");
      return clone(value, new Map(), new Set(options?.transfer ?? []));
    },
  });
})
