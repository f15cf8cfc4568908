// node:assert/strict
(function (host, shared, need) {
  const { strict } = need("node:assert");
  return { ...strict, default: strict };
})
