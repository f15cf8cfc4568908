// node:timers/promises
(function () {
  const wait = (start, stop, value, signal) => new Promise((resolve, reject) => {
    if (signal?.aborted) { reject(aborted(signal)); return; }
    const off = () => { stop(id); reject(aborted(signal)); };
    const id = start(() => { signal?.removeEventListener("abort", off); resolve(value); });
    signal?.addEventListener("abort", off, { once: true });
  });
  const aborted = (signal) => Object.assign(new Error("The operation was aborted", { cause: signal.reason }), { name: "AbortError", code: "ABORT_ERR" });
  const timers = {
    setTimeout: (ms, value, { signal } = {}) => wait((done) => setTimeout(done, ms), clearTimeout, value, signal),
    setImmediate: (value, { signal } = {}) => wait((done) => setImmediate(done), clearImmediate, value, signal),
    async *setInterval(ms, value, { signal } = {}) {
      // Ticks that nobody waits for are kept, as Node does.
      let ticks = 0, wake;
      const id = setInterval(() => { ticks++; wake?.(); }, ms), off = () => wake?.();
      signal?.addEventListener("abort", off, { once: true });
      try {
        for (;;) {
          while (ticks === 0 && !signal?.aborted) await new Promise((resolve) => { wake = resolve; });
          if (signal?.aborted) throw aborted(signal);
          ticks--;
          yield value;
        }
      } finally { clearInterval(id); signal?.removeEventListener("abort", off); }
    },
  };
  timers.scheduler = { wait: (ms, options) => timers.setTimeout(ms, undefined, options), yield: () => timers.setImmediate() };
  return { ...timers, default: timers };
})
