// node:util
(function (host, shared, need) {
  const types = need("node:util/types").default;
  const code = (error, name) => Object.assign(error, { code: name });
  const custom = Symbol.for("nodejs.util.promisify.custom");
  const aFunction = (value, name = "original") => {
    if (typeof value !== "function") throw code(new TypeError(`The "${name}" argument must be of type function. Received ${shared.show(value)}`), "ERR_INVALID_ARG_TYPE");
    return value;
  };
  const promisify = (original) => {
    aFunction(original);
    if (original[custom]) return Object.defineProperty(aFunction(original[custom]), custom, { value: original[custom], configurable: true });
    const promised = function (...values) {
      return new Promise((resolve, reject) => original.call(this, ...values, (error, ...results) => error ? reject(error) : resolve(results[0])));
    };
    Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
    return Object.defineProperties(promised, { ...Object.getOwnPropertyDescriptors(original), [custom]: { value: promised, configurable: true } });
  };
  promisify.custom = custom;

  // ---- deep equality
  const equal = (a, b, strict, seen) => {
    if (strict ? Object.is(a, b) : a == b || a !== a && b !== b) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    if (Array.isArray(a) !== Array.isArray(b) || Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
    if (seen.get(a) === b) return true;
    seen.set(a, b);
    if (types.isDate(a)) { if (a.getTime() !== b.getTime()) return false; }
    else if (types.isRegExp(a)) { if (String(a) !== String(b) || a.lastIndex !== b.lastIndex) return false; }
    else if (types.isNativeError(a)) { if (a.message !== b.message || a.name !== b.name || !equal(a.cause, b.cause, strict, seen)) return false; }
    else if (types.isBoxedPrimitive(a)) { if (!Object.is(a.valueOf(), b.valueOf())) return false; }
    else if (types.isAnyArrayBuffer(a)) return equal(new Uint8Array(a), new Uint8Array(b), strict, seen);
    else if (ArrayBuffer.isView(a)) {
      if (a.byteLength !== b.byteLength) return false;
      const [x, y] = [shared.bytesOf(a), shared.bytesOf(b)];
      return /^\[object Float/.test(Object.prototype.toString.call(a)) ? [...a].every((v, at) => strict ? Object.is(v, b[at]) : v === b[at] || v !== v && b[at] !== b[at]) : x.every((byte, at) => byte === y[at]);
    } else if (types.isSet(a)) {
      if (a.size !== b.size) return false;
      const rest = [...b];
      for (const item of a) { const at = b.has(item) ? rest.indexOf(item) : rest.findIndex((other) => equal(item, other, strict, new Map(seen))); if (at < 0) return false; rest.splice(at, 1); }
    } else if (types.isMap(a)) {
      if (a.size !== b.size) return false;
      const rest = [...b];
      for (const [key, item] of a) {
        const at = rest.findIndex(([otherKey, other]) => (Object.is(key, otherKey) || equal(key, otherKey, strict, new Map(seen))) && equal(item, other, strict, seen));
        if (at < 0) return false;
        rest.splice(at, 1);
      }
    } else if (types.isPromise(a) || types.isWeakMap(a) || types.isWeakSet(a)) return false;
    const keys = (object) => [...Object.keys(object), ...strict ? Object.getOwnPropertySymbols(object).filter((key) => Object.prototype.propertyIsEnumerable.call(object, key)) : []];
    const mine = keys(a), theirs = keys(b);
    return mine.length === theirs.length && (!Array.isArray(a) || a.length === b.length) && mine.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key], strict, seen));
  };
  shared.equal = (a, b, strict) => equal(a, b, strict, new Map());

  const inspect = (value, options, depth) => shared.inspect(value, typeof options === "object" ? options : { depth: depth ?? 2 });
  inspect.custom = shared.INSPECT;
  inspect.defaultOptions = { depth: 2 };
  const warned = new Set();
  const COLORS = { reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], inverse: [7, 27], black: [30, 39], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39], white: [37, 39], gray: [90, 39], grey: [90, 39] };
  inspect.colors = COLORS;
  inspect.styles = {};
  const exports = {
    promisify,
    callbackify(original) {
      aFunction(original);
      return function (...values) {
        const callback = aFunction(values.pop(), "last argument");
        original.apply(this, values).then((result) => queueMicrotask(() => callback(null, result)), (error) => queueMicrotask(() => callback(error ?? code(new Error("Promise was rejected with a falsy value"), "ERR_FALSY_VALUE_REJECTION"))));
      };
    },
    inherits(constructor, parent) {
      aFunction(constructor, "ctor"); aFunction(parent, "superCtor");
      Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
      Object.setPrototypeOf(constructor.prototype, parent.prototype);
    },
    inspect,
    format: (...values) => shared.format(values),
    formatWithOptions: (_, ...values) => shared.format(values),
    deprecate(original, message, name) {
      return function (...values) {
        if (!warned.has(name ?? message)) { warned.add(name ?? message); console.warn(`DeprecationWarning: ${message}`); }
        return new.target ? Reflect.construct(original, values, new.target) : original.apply(this, values);
      };
    },
    debuglog: () => Object.assign(() => {}, { enabled: false }),
    debug: () => Object.assign(() => {}, { enabled: false }),
    isDeepStrictEqual: (a, b) => shared.equal(a, b, true),
    stripVTControlCharacters: (text) => String(text).replace(/\u001b\[[\d;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007/g, ""),
    styleText(format, text) { return [format].flat().reduceRight((inner, name) => COLORS[name] ? `\u001b[${COLORS[name][0]}m${inner}\u001b[${COLORS[name][1]}m` : inner, text); },
    toUSVString: (text) => String(text).toWellFormed(),
    aborted: (signal) => new Promise((resolve) => { if (signal.aborted) resolve(); else signal.addEventListener("abort", () => resolve(), { once: true }); }),
    types, TextEncoder, TextDecoder,
    isArray: Array.isArray, isBoolean: (v) => typeof v === "boolean", isBuffer: (v) => shared.Buffer !== undefined && v instanceof shared.Buffer, isDate: types.isDate,
    isError: (v) => v instanceof Error, isFunction: (v) => typeof v === "function", isNull: (v) => v === null, isNullOrUndefined: (v) => v === null || v === undefined,
    isNumber: (v) => typeof v === "number", isObject: (v) => typeof v === "object" && v !== null, isPrimitive: (v) => Object(v) !== v, isRegExp: types.isRegExp,
    isString: (v) => typeof v === "string", isSymbol: (v) => typeof v === "symbol", isUndefined: (v) => v === undefined,
  };
  return { ...exports, default: exports };
})
