// node:console
(function (host, shared, need) {
  const exports = { ...console, Console: need("node:_refused").refuse("node:console", "Console") };
  return { ...exports, default: Object.assign(console, {}) };
})
