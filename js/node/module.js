// node:module
(function (host, shared, need) {
  const builtinModules = ["assert", "assert/strict", "async_hooks", "buffer", "console", "diagnostics_channel", "events", "fs", "http", "https", "net", "os", "path", "path/posix", "perf_hooks", "process", "querystring",
    "stream", "stream/consumers", "stream/promises", "stream/web", "string_decoder", "timers", "timers/promises", "tls", "tty", "url", "util", "util/types", "zlib"];
  return need("node:_refused").all("node:module", "Module register registerHooks syncBuiltinESMExports findSourceMap SourceMap", {
    builtinModules, isBuiltin: (name) => builtinModules.includes(name.replace(/^node:/, "")),
    // Only for what is built in; all else was bundled.
    createRequire: () => (name) => {
      const found = need(name.startsWith("node:") ? name : `node:${name}`);
      if (found === undefined) throw Object.assign(new Error(`Cannot find module '${name}': what is required is bundled when the function is deployed`), { code: "MODULE_NOT_FOUND" });
      return found.default ?? found;
    },
  });
})
