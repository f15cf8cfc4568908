// node:path/posix
(function (host, shared, need) {
  const path = need("node:path").default;
  return { ...path, default: path };
})
