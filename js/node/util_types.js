// node:util/types
(function (host) {
  const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);
  const viewTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
  // Without running code of the value's: a method of the type refuses what is of another.
  const by = (probe) => (value) => { try { probe.call(value); return true; } catch { return false; } };
  const getter = (Type, name) => Object.getOwnPropertyDescriptor(Type.prototype, name).get;
  const object = (value) => typeof value === "object" && value !== null;
  const boxed = (Type) => { const probe = by(Type.prototype.valueOf); return (value) => object(value) && probe(value); };
  const GENERATOR = Object.getPrototypeOf(function* () {}), ASYNC = Object.getPrototypeOf(async function () {}), BOTH = Object.getPrototypeOf(async function* () {});
  const has = (value, ...prototypes) => typeof value === "function" && prototypes.includes(Object.getPrototypeOf(value));
  const types = {
    isProxy: (value) => host.proxyTarget(value),
    isPromise: (value) => value instanceof Promise,
    isDate: (value) => object(value) && by(Date.prototype.getTime)(value),
    isRegExp: (value) => object(value) && value !== RegExp.prototype && by(getter(RegExp, "source"))(value),
    isMap: (value) => object(value) && by(getter(Map, "size"))(value),
    isSet: (value) => object(value) && by(getter(Set, "size"))(value),
    isWeakMap: (value) => object(value) && by(function () { WeakMap.prototype.has.call(this, types); })(value),
    isWeakSet: (value) => object(value) && by(function () { WeakSet.prototype.has.call(this, types); })(value),
    isMapIterator: (value) => tag(value) === "Map Iterator",
    isSetIterator: (value) => tag(value) === "Set Iterator",
    isGeneratorObject: (value) => /^(Async)?Generator$/.test(tag(value)),
    isGeneratorFunction: (value) => has(value, GENERATOR, BOTH),
    isAsyncFunction: (value) => has(value, ASYNC, BOTH),
    isNativeError: (value) => Error.isError(value),
    isArrayBuffer: (value) => object(value) && by(getter(ArrayBuffer, "byteLength"))(value),
    isSharedArrayBuffer: (value) => typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer,
    isAnyArrayBuffer: (value) => types.isArrayBuffer(value) || types.isSharedArrayBuffer(value),
    isArrayBufferView: (value) => ArrayBuffer.isView(value),
    isTypedArray: (value) => viewTag.call(value) !== undefined,
    isDataView: (value) => ArrayBuffer.isView(value) && viewTag.call(value) === undefined,
    isNumberObject: boxed(Number), isStringObject: boxed(String), isBooleanObject: boxed(Boolean), isBigIntObject: boxed(BigInt), isSymbolObject: boxed(Symbol),
    isBoxedPrimitive: (value) => types.isNumberObject(value) || types.isStringObject(value) || types.isBooleanObject(value) || types.isBigIntObject(value) || types.isSymbolObject(value),
    isArgumentsObject: (value) => tag(value) === "Arguments" && !(Symbol.toStringTag in value),
    isModuleNamespaceObject: (value) => tag(value) === "Module",
    isExternal: () => false,
    isKeyObject: () => false,
    isCryptoKey: (value) => typeof CryptoKey === "function" && value instanceof CryptoKey,
  };
  for (const name of ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "Float16", "Float32", "Float64", "BigInt64", "BigUint64"]) {
    types[`is${name}Array`] = (value) => viewTag.call(value) === `${name}Array`;
  }
  return { ...types, default: types };
})
