// node:process. There is no process: `env` is the app's configuration, and what would reach outside is refused.
(function (host, shared, need) {
  const { EventEmitter } = need("node:events");
  const refuse = need("node:_refused").refuse;
  const process = new EventEmitter();
  const values = { NODE_ENV: "production" }, warned = new Set();
  // The configuration comes with the request; whoever reads it before learns that it was empty.
  const env = new Proxy(values, {
    get(target, name) {
      if (typeof name === "string" && host.early() && !(name in target) && !warned.has(name)) {
        warned.add(name);
        console.warn(`process.env.${name} was read while the module is evaluated; the configuration is there in the handler only`);
      }
      return target[name];
    },
    set(target, name, value) { target[name] = String(value); return true; },
  });
  shared.configured = (config) => { Object.assign(values, config); };

  // `uncaughtException` and `unhandledRejection`: whoever listens takes care.
  const UNCAUGHT = 0, UNHANDLED = 1;
  shared.watchers.push((kind, error, promise) => kind === UNCAUGHT ? process.emit("uncaughtException", error, "uncaughtException")
    : kind === UNHANDLED ? process.emit("unhandledRejection", error, promise) : process.emit("rejectionHandled", promise));

  const output = (level) => ({ isTTY: false, writable: true, columns: 80, write(text, encoding, done) { shared.console[level](String(text).replace(/\n$/, "")); (typeof encoding === "function" ? encoding : done)?.(); return true; }, on() { return this; }, once() { return this; }, end() {} });
  const hrtime = (before) => {
    const ms = host.elapsed(), seconds = Math.floor(ms / 1000), rest = Math.round((ms % 1000) * 1e6);
    if (!before) return [seconds, rest];
    const [s, n] = [seconds - before[0], rest - before[1]];
    return n < 0 ? [s - 1, n + 1e9] : [s, n];
  };
  hrtime.bigint = () => BigInt(Math.round(host.elapsed() * 1e6));
  Object.assign(process, {
    env, argv: ["serviceful"], argv0: "serviceful", execArgv: [], execPath: "/serviceful", title: "serviceful", pid: 1, ppid: 0,
    // Packages look at it for what the language has; this is what QuickJS-ng compares to.
    version: "v22.0.0", versions: { node: "22.0.0", quickjs: "0.16.2" }, release: { name: "node" }, arch: "wasm32", platform: "linux", config: { target_defaults: {}, variables: {} }, features: {},
    stdout: output("log"), stderr: output("error"), stdin: { isTTY: false, on() { return this; }, once() { return this; }, resume() {}, pause() {} },
    nextTick(run, ...list) { if (typeof run !== "function") throw new TypeError('The "callback" argument must be of type function.'); queueMicrotask(list.length ? () => run(...list) : () => run()); },
    hrtime, uptime: () => host.elapsed() / 1000, cwd: () => "/",
    emitWarning(warning, type) { console.warn(typeof warning === "string" ? `${type?.type ?? type ?? "Warning"}: ${warning}` : warning); },
    getBuiltinModule: (name) => { const found = need(name.startsWith("node:") ? name : `node:${name}`); return found?.default ?? found; },
    ...Object.fromEntries(["abort", "binding", "chdir", "cpuUsage", "dlopen", "exit", "getuid", "getgid", "kill", "memoryUsage", "umask"]
      .map((name) => [name, refuse("node:process", name)])),
  });
  const names = {};
  for (const name of Object.keys(process)) if (!name.startsWith("_")) names[name] = process[name];
  for (const name of ["on", "once", "off", "emit", "addListener", "removeListener", "removeAllListeners", "listeners", "listenerCount"]) names[name] = process[name].bind(process);
  return { ...names, default: process };
})
