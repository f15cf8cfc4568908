// structuredClone.
(function (host, shared) {
  const Plain = Error, ERRORS = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
  const refuse = (what) => { throw shared.domError("DataCloneError", `${what} cannot be cloned`); };
  // Pairs of a type and what makes a copy; `null`: it cannot be cloned. The first that fits counts.
  const cloned = shared.cloned = [[Promise, null], [WeakMap, null], [WeakSet, null], [WeakRef, null], [FinalizationRegistry, null]];
  // Pairs of a type and what moves it.
  const moved = shared.moved = [];

  // `shapes`: where views lay in buffers that are moved, and so lose their views.
  let shapes = null;
  const clone = (value, seen) => {
    if (typeof value === "symbol") refuse("a symbol");
    if (typeof value === "function") refuse("a function");
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    if (host.proxyTarget(value)) refuse("a Proxy");
    const keep = (copy) => { seen.set(value, copy); return copy; };
    if (Array.isArray(value)) return properties(value, keep(new Array(value.length)), seen);
    if (value instanceof Boolean || value instanceof Number || value instanceof String || value instanceof BigInt) return keep(Object(value.valueOf()));
    if (value instanceof Symbol) refuse("a symbol");
    if (value instanceof Date) return keep(new Date(value.getTime()));
    if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) {
      if (value.detached) refuse("an ArrayBuffer that was taken away");
      return keep(value.resizable ? grown(value) : value.slice(0));
    }
    if (ArrayBuffer.isView(value)) {
      const shape = shapes?.get(value) ?? [value.byteOffset, value instanceof DataView ? value.byteLength : value.length];
      shapes?.set(value, shape);
      return keep(new value.constructor(clone(value.buffer, seen), ...shape));
    }
    if (value instanceof Map) {
      const made = keep(new Map());
      for (const [k, v] of [...value]) made.set(clone(k, seen), clone(v, seen));
      return made;
    }
    if (value instanceof Set) {
      const copy = keep(new Set());
      for (const v of [...value]) copy.add(clone(v, seen));
      return copy;
    }
    if (value instanceof DOMException) {
      const copy = keep(new DOMException(value.message, value.name));
      Object.defineProperty(copy, "stack", { value: value.stack, writable: true, configurable: true });
      return copy;
    }
    if (value instanceof Error) {
      const { name, stack } = value;
      // One of the engine's own, so that it is an Error to all who ask; its stack is that of the other.
      const copy = keep(new (Object.hasOwn(ERRORS, name) ? ERRORS[name] : Plain)());
      const put = (name, value) => Object.defineProperty(copy, name, { value, writable: true, configurable: true });
      if (Object.hasOwn(value, "message")) put("message", String(value.message));
      put("stack", typeof stack === "string" ? stack : "");
      if (Object.hasOwn(value, "cause")) put("cause", clone(value.cause, seen));
      return copy;
    }
    for (const [Type, copy] of cloned) {
      if (!(value instanceof Type)) continue;
      return copy ? keep(copy(value)) : refuse(`a ${Type.name}`);
    }
    if (value instanceof EventTarget || moved.some(([Type]) => value instanceof Type)) refuse(`a ${value.constructor?.name ?? "platform object"}`);
    return properties(value, keep({}), seen);
  };
  const grown = (buffer) => {
    const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength });
    new Uint8Array(copy).set(new Uint8Array(buffer));
    return copy;
  };
  const properties = (value, copy, seen) => {
    for (const name of Object.keys(value)) {
      // A getter may have taken it away meanwhile.
      if (Object.hasOwn(value, name)) Object.defineProperty(copy, name, { value: clone(value[name], seen), writable: true, enumerable: true, configurable: true });
    }
    return copy;
  };

  // The copy, and what was moved of `transfer` in its order.
  shared.clone = (value, transfer) => {
    try { return copy(value, transfer); } catch (error) {
      // Its own trace holds nothing but the steps of this file.
      if (error instanceof RangeError && error.message.includes("stack")) throw new RangeError("what is to be cloned is nested too deep");
      throw error;
    }
  };
  const copy = (value, transfer = []) => {
    const seen = new Map(), list = [...transfer];
    if (new Set(list).size !== list.length) refuse("what is in `transfer` twice");
    const movers = list.map((item) => {
      if (item instanceof ArrayBuffer) return item.detached ? refuse("an ArrayBuffer that was taken away") : (buffer) => buffer.transfer();
      return moved.find(([Type]) => item instanceof Type)?.[1] ?? refuse("what is in `transfer`, but not a buffer, a stream or a port,");
    });
    // Moved only when all the rest can be cloned; until then each stands for itself.
    for (const item of list) seen.set(item, item);
    if (list.length === 0) return [clone(value, seen), []];
    shapes = new Map();
    try {
      clone(value, new Map(seen));
      list.forEach((item, at) => seen.set(item, movers[at](item)));
      return [clone(value, seen), list.map((item) => seen.get(item))];
    } finally { shapes = null; }
  };
  shared.define(globalThis, {
    structuredClone(value, options) {
      if (arguments.length === 0) throw new TypeError("structuredClone needs a value");
      return shared.clone(value, options?.transfer)[0];
    },
  });
})
