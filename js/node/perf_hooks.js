// node:perf_hooks
(function (host, shared, need) {
  const { refuse } = need("node:_refused");
  const exports = {
    performance, Performance, PerformanceEntry, constants: {},
    ...Object.fromEntries(["PerformanceObserver", "monitorEventLoopDelay", "createHistogram"].map((name) => [name, refuse("node:perf_hooks", name)])),
  };
  return { ...exports, default: exports };
})
