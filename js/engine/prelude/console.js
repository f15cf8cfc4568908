// console: values as text, one log line a call.
(function (host, shared) {
  const DEPTH = 4, ITEMS = 100, CHARS = 10_000;
  const STATES = ["<pending>", "", "<rejected>"];
  let depthMax = DEPTH;
  const quote = (text) => JSON.stringify(text);
  const key = (name) =>
    typeof name === "symbol" ? `[${String(name)}]` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name);

  const inspect = (value, depth, seen) => {
    switch (typeof value) {
      case "string": return quote(value);
      case "number": return Object.is(value, -0) ? "-0" : String(value);
      case "bigint": return `${value}n`;
      case "function": {
        const isClass = Function.prototype.toString.call(value).startsWith("class");
        return `[${isClass ? "class" : "Function"}${value.name ? " " + value.name : " (anonymous)"}]`;
      }
      case "object": break;
      default: return String(value);
    }
    if (value === null) return "null";
    if (seen.includes(value)) return "[Circular]";
    // To look into one would run its code.
    if (host.proxyTarget(value)) return "[Proxy]";
    const own = value[shared.INSPECT];
    if (typeof own === "function") {
      const shown = own.call(value, depthMax - depth, { depth: depthMax - depth }, shared.inspect);
      return typeof shown === "string" ? shown : inspect(shown, depth + 1, [...seen, value]);
    }
    if (value instanceof Error) {
      const stack = typeof value.stack === "string" ? value.stack.trimEnd() : "";
      const head = `${value.name}: ${value.message}`;
      const cause = value.cause === undefined ? "" : `\n  [cause]: ${inspect(value.cause, depth + 1, [...seen, value])}`;
      return (stack ? `${head}\n${stack}` : head) + cause;
    }
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return `Promise { ${STATES[host.promiseState(value)] || "..."} }`;
    const name = value.constructor?.name;
    const prefix = name === undefined ? "[Object: null prototype] " : name === "Object" ? "" : `${name} `;
    if (depth >= depthMax) return `[${name ?? "Object"}]`;
    const inner = (item) => inspect(item, depth + 1, [...seen, value]);
    const wrap = (open, items, close, total) => {
      if (total > items.length) items.push(`... ${total - items.length} more`);
      if (items.length === 0) return open + close;
      const line = `${open} ${items.join(", ")} ${close}`;
      if (line.length <= 100 && !line.includes("\n")) return line;
      return `${open}\n  ${items.join(",\n").replaceAll("\n", "\n  ")}\n${close}`;
    };
    if (Array.isArray(value)) return wrap("[", value.slice(0, ITEMS).map(inner), "]", value.length);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return `${prefix}${wrap("[", Array.from(value.subarray(0, ITEMS), String), "]", value.length)}`;
    }
    if (value instanceof Map) {
      const entries = [...value].slice(0, ITEMS).map(([k, v]) => `${inner(k)} => ${inner(v)}`);
      return `Map(${value.size}) ${wrap("{", entries, "}", value.size)}`;
    }
    if (value instanceof Set) return `Set(${value.size}) ${wrap("{", [...value].slice(0, ITEMS).map(inner), "}", value.size)}`;
    if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
    const names = Reflect.ownKeys(value).filter((k) => Object.getOwnPropertyDescriptor(value, k)?.enumerable);
    const properties = names.slice(0, ITEMS).map((k) => {
      const descriptor = Object.getOwnPropertyDescriptor(value, k);
      return `${key(k)}: ${descriptor && "value" in descriptor ? inner(descriptor.value) : "[Getter]"}`;
    });
    return prefix + wrap("{", properties, "}", names.length);
  };
  shared.INSPECT = Symbol.for("nodejs.util.inspect.custom");
  shared.inspect = (value, options = {}) => {
    const before = depthMax, { depth } = options ?? {};
    // Of what is at the depth that is named, the inside is shown no more.
    depthMax = depth === undefined ? DEPTH : depth === null ? Infinity : Number(depth) + 1;
    try { return inspect(value, 0, []); } finally { depthMax = before; }
  };
  const show = (value) => {
    if (typeof value === "string") return value;
    try { return inspect(value, 0, []); } catch (error) { return `[cannot be shown: ${error}]`; }
  };

  const format = (values) => {
    if (values.length === 1) return show(values[0]);
    let rest = values;
    let text = "";
    if (values.length === 0) return "";
    if (typeof values[0] === "string" && values[0].includes("%")) {
      rest = values.slice(1);
      text = values[0].replace(/%([sdifjoOc%])/g, (whole, kind) => {
        if (kind === "%") return "%";
        if (rest.length === 0) return whole;
        const value = rest.shift();
        switch (kind) {
          case "s": return typeof value === "object" ? show(value) : String(value);
          case "d": return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : String(Number(value));
          case "f": return typeof value === "symbol" ? "NaN" : String(parseFloat(value));
          case "i": return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : String(parseInt(value, 10));
          case "j": try { return JSON.stringify(value); } catch { return "[Circular]"; }
          case "c": return "";
          default: return show(value);
        }
      });
      if (rest.length > 0) text += " ";
    }
    return text + rest.map(show).join(" ");
  };

  let indent = "";
  const write = (level, values, stack) => {
    let text = format(values);
    if (text.length > CHARS) text = text.slice(0, CHARS) + "...";
    host.log(level, indent ? indent + text.replaceAll("\n", "\n" + indent) : text, stack);
  };
  const counts = new Map(), times = new Map();
  const table = (rows, wanted) => {
    if (typeof rows !== "object" || rows === null) return show(rows);
    const entries = rows instanceof Map ? [...rows] : Object.entries(rows);
    const columns = wanted ? [...wanted].map(String) : [...new Set(entries.flatMap(([, row]) => typeof row === "object" && row !== null ? Object.keys(row) : ["Values"]))];
    const lines = [["", ...columns], ...entries.map(([name, row]) => [String(name), ...columns.map((column) =>
      typeof row === "object" && row !== null ? (column in row ? show(row[column]) : "") : column === "Values" ? show(row) : "")])];
    const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
    return lines.map((line) => line.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd()).join("\n");
  };
  const console = {
    debug(...values) { write(0, values); },
    log(...values) { write(1, values); },
    info(...values) { write(1, values); },
    warn(...values) { write(2, values); },
    error(...values) { write(3, values); },
    trace(...values) { write(3, [["Trace:", format(values), ...new Error().stack.split("\n").filter((line) => line.includes("main.js"))].filter(Boolean).join("\n")]); },
    dir(value, options) { write(1, [shared.inspect(value, options)]); },
    dirxml(...values) { write(1, values); },
    table(rows, columns) { write(1, [table(rows, columns)]); },
    assert(condition, ...values) { if (!condition) write(3, ["Assertion failed", ...values]); },
    count(label = "default") { const n = (counts.get(String(label)) ?? 0) + 1; counts.set(String(label), n); write(1, [`${label}: ${n}`]); },
    countReset(label = "default") { if (!counts.delete(String(label))) write(2, [`there is no count \`${label}\``]); },
    time(label = "default") { times.set(String(label), performance.now()); },
    timeLog(label = "default", ...values) {
      if (!times.has(String(label))) write(2, [`there is no timer \`${label}\``]);
      else write(1, [`${label}: ${(performance.now() - times.get(String(label))).toFixed(3)} ms`, ...values]);
    },
    timeEnd(label = "default") { console.timeLog(label); times.delete(String(label)); },
    group(...values) { if (values.length) write(1, values); if (indent.length < 80) indent += "  "; },
    groupCollapsed(...values) { console.group(...values); },
    groupEnd() { indent = indent.slice(2); },
    clear() {},
  };
  shared.define(globalThis, { console });
  shared.show = show;
  // An error's own stack says where it was made; its console has no place to name.
  shared.logError = (words, error) => {
    let stack;
    try { stack = error?.stack; } catch { /* Its getter is the function's own. */ }
    write(3, [words, error], typeof stack === "string" ? stack : undefined);
  };
  // What was thrown and caught by nobody.
  shared.thrown = (value) => {
    let text;
    try { text = String(value); } catch { text = ""; }
    return text === "" && typeof value === "object" || /^\[object .*\]$/.test(text) ? show(value).replace(/\s*\n\s*/g, " ") : text;
  };
  shared.format = format;
})
