// Words that the other files share, timers, randomness, and what is absent on purpose.
(function (host, shared) {
  // Globals are not enumerable and can be replaced, as the Web has it.
  const define = (object, properties) => {
    for (const name of Reflect.ownKeys(properties)) {
      const descriptor = Object.getOwnPropertyDescriptor(properties, name);
      descriptor.enumerable = false;
      Object.defineProperty(object, name, descriptor);
    }
  };
  shared.define = define;
  shared.tag = (constructor, name) =>
    Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
  shared.domError = (name, message) => new DOMException(message, name);

  define(globalThis, { self: globalThis });

  // ---- time and chance: the request's own, never the snapshot's
  define(Math, { random: host.chance });
  define(Date, { now() { return Math.floor(host.now()); } });

  // ---- timers
  const timers = new Map();
  let lastTimer = 0;
  const start = (callback, delay, rest, repeat) => {
    if (typeof callback !== "function") throw new TypeError("a timer needs a function to call");
    if (host.tooEarly("a timer")) return 0;
    delay = Math.max(Number(delay) || 0, repeat ? 1 : 0);
    const id = ++lastTimer;
    timers.set(id, { callback, rest, repeat: repeat ? delay : -1, context: host.context() });
    host.timerSet(id, delay);
    return id;
  };
  const stop = (id) => { if (timers.delete(Number(id))) host.timerClear(Number(id)); };
  define(globalThis, {
    setTimeout(callback, delay, ...rest) { return start(callback, delay, rest, false); },
    setInterval(callback, delay, ...rest) { return start(callback, delay, rest, true); },
    setImmediate(callback, ...rest) { return start(callback, 0, rest, false); },
    clearTimeout(id) { stop(id); },
    clearInterval(id) { stop(id); },
    clearImmediate(id) { stop(id); },
  });
  shared.timerFired = (id) => {
    const timer = timers.get(id);
    if (!timer) return;
    if (timer.repeat < 0) timers.delete(id);
    else host.timerSet(id, timer.repeat);
    host.context(timer.context);
    timer.callback.apply(globalThis, timer.rest);
  };
  // Runs after what is under way and everything that was to be done before.
  shared.task = (run) => { start(run, 0, [], false); };

  // ---- randomness
  const random = (view) => {
    if (!ArrayBuffer.isView(view) || view instanceof DataView || view instanceof Float32Array ||
        view instanceof Float64Array) {
      throw shared.domError("TypeMismatchError", "crypto.getRandomValues needs an array of integers");
    }
    if (view.byteLength > 65536) {
      throw shared.domError("QuotaExceededError", "crypto.getRandomValues gives at most 65536 bytes at once");
    }
    host.random(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return view;
  };
  const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
  class Crypto {
    getRandomValues(view) { return random(view); }
    randomUUID() {
      const b = random(new Uint8Array(16));
      b[6] = (b[6] & 0x0f) | 0x40;
      b[8] = (b[8] & 0x3f) | 0x80;
      return hex[b[0]] + hex[b[1]] + hex[b[2]] + hex[b[3]] + "-" + hex[b[4]] + hex[b[5]] + "-" + hex[b[6]] + hex[b[7]] +
        "-" + hex[b[8]] + hex[b[9]] + "-" + hex[b[10]] + hex[b[11]] + hex[b[12]] + hex[b[13]] + hex[b[14]] + hex[b[15]];
    }
  }
  shared.tag(Crypto, "Crypto");
  define(globalThis, { Crypto, crypto: new Crypto() });

  // ---- what is not here
  define(globalThis, {
    async fetch(target, init = undefined) {
      const { url, signal } = new Request(target, init);
      if (host.tooEarly("an outgoing request")) throw new TypeError("fetch is refused: the module is still being evaluated");
      signal.throwIfAborted();
      host.deny("outgoing-http", url);
      throw new TypeError(`fetch is refused: this function is not granted outgoing requests (to ${new URL(url).host}), and no manifest can grant them yet`);
    },
  });
})
