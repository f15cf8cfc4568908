// node:timers
(function (host, shared, need) {
  const timers = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, get promises() { return need("node:timers/promises").default; } };
  return { ...timers, default: timers };
})
