// node:stream/promises
(function (host, shared, need) {
  const { promises } = need("node:stream");
  return { ...promises, default: promises };
})
