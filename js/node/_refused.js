// Modules of Node's whose work needs what no function has: files, sockets, processes, threads. They can be imported, since many
// packages do so without using them; each use is an error that says why.
(function (host, shared) {
  const WHY = {
    "node:fs": "functions have no files; import what belongs to the app, and keep data in a database",
    "node:child_process": "functions start no processes",
    "node:worker_threads": "functions have one thread",
    "node:vm": "there is one context",
    "node:module": "modules are bundled when the function is deployed",
    "node:process": "a function is no process",
    "node:os": "functions see nothing of the machine",
  };
  const network = "functions have no sockets; use `fetch`";
  const NETWORK = new Set(["dgram", "dns", "http", "http2", "https", "net", "tls"].map((name) => `node:${name}`));
  const refuse = (module, name) => {
    const root = module.split("/")[0];
    const why = WHY[root] ?? (NETWORK.has(root) ? network : "it has no meaning here");
    // A function that can be a base class: packages extend such classes when they are loaded.
    const refused = function () { throw Object.assign(new TypeError(`${module}: \`${name}\` is not available: ${why}`), { code: "ERR_NOT_AVAILABLE" }); };
    Object.defineProperty(refused, "name", { value: name });
    return refused;
  };
  const all = (module, names, more = {}) => {
    const exports = { ...more };
    for (const name of names.split(" ")) exports[name] ??= refuse(module, name);
    return { ...exports, default: exports };
  };
  return { refuse, all };
})
