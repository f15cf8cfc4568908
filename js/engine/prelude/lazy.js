// What is not in every snapshot: built-in modules, and parts of the Web that few functions use. The host has their source.
(function (host, shared) {
  const made = new Map();
  // SECURITY: what holds keys takes what it needs of the globals before the function can replace them (decision 0014). So it is
  // there from the start, for whoever names it or imports `crypto`, or not at all.
  const usesCrypto = ["subtle", "SubtleCrypto", "CryptoKey", 'crypto"', "crypto'", "crypto`"].some((word) => host.mentions(word));
  // The exports of a built-in, made when first asked for; `undefined` when there is none of this name.
  const need = shared.need = (name) => {
    if (made.has(name)) return made.get(name);
    if (name === "web:crypto" && !usesCrypto) {
      throw new TypeError("the function's source does not name `subtle` or import `crypto` anywhere; write it out, and it is there");
    }
    const make = host.builtin(name);
    if (make === undefined) return undefined;
    const exports = make(host, shared, need) ?? {};
    made.set(name, exports);
    return exports;
  };

  // SECURITY: what hands secrets out takes what it needs of the globals before the function can replace them.
  if (host.mentions("SECRETS") || host.mentions("KV")) need("web:bindings");

  const PARTS = {
    "web:compression": ["CompressionStream", "DecompressionStream"],
    "web:pattern": ["URLPattern"],
    "web:messages": ["MessageChannel", "MessagePort"],
    "web:intl": ["Intl"],
  };
  // It gives these methods what the language leaves to it.
  if (host.mentions("toLocale")) shared.define(globalThis, need("web:intl"));
  for (const [part, names] of Object.entries(PARTS)) {
    // A function that names one has it from the start; others find it when they look.
    if (made.has(part) || names.some((name) => host.mentions(name))) { shared.define(globalThis, need(part)); continue; }
    for (const name of names) {
      Object.defineProperty(globalThis, name, {
        configurable: true,
        get() { shared.define(globalThis, need(part)); return globalThis[name]; },
        set(value) { shared.define(globalThis, { [name]: value }); },
      });
    }
  }

  let subtleOf = () => need("web:crypto").subtle;
  if (usesCrypto) {
    const { SubtleCrypto, CryptoKey, subtle } = need("web:crypto");
    // SECURITY: it looks into keys. Whoever replaces `Map.prototype.has` sees what is in `made`.
    made.delete("web:crypto_key");
    shared.define(globalThis, { SubtleCrypto, CryptoKey });
    subtleOf = () => subtle;
  }
  shared.define(Crypto.prototype, { get subtle() { return subtleOf(); } });
})
