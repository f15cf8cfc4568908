// console: values as text, one log line a call.
(function (host, shared) {
  const DEPTH = 4, ITEMS = 100, CHARS = 10_000;
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
    if (value instanceof Error) {
      const stack = typeof value.stack === "string" ? value.stack.trimEnd() : "";
      const head = `${value.name}: ${value.message}`;
      const cause = value.cause === undefined ? "" : `\n  [cause]: ${inspect(value.cause, depth + 1, [...seen, value])}`;
      return (stack ? `${head}\n${stack}` : head) + cause;
    }
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (value instanceof RegExp) return String(value);
    if (value instanceof Promise) return "Promise {}";
    const name = value.constructor?.name;
    const prefix = name === undefined ? "[Object: null prototype] " : name === "Object" ? "" : `${name} `;
    if (depth >= DEPTH) return `[${name ?? "Object"}]`;
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
  const show = (value) => {
    if (typeof value === "string") return value;
    try { return inspect(value, 0, []); } catch (error) { return `[cannot be shown: ${error}]`; }
  };

  const format = (values) => {
    if (values.length === 1) return show(values[0]);
    let rest = values;
    let text = "";
    if (typeof values[0] === "string" && values[0].includes("%")) {
      rest = values.slice(1);
      text = values[0].replace(/%([sdifjoOc%])/g, (whole, kind) => {
        if (kind === "%") return "%";
        if (rest.length === 0) return whole;
        const value = rest.shift();
        switch (kind) {
          case "s": return typeof value === "object" ? show(value) : String(value);
          case "d": case "f": return String(Number(value));
          case "i": return String(Math.trunc(Number(value)));
          case "j": return JSON.stringify(value);
          case "c": return "";
          default: return show(value);
        }
      });
      if (rest.length > 0) text += " ";
    }
    return text + rest.map(show).join(" ");
  };

  let indent = "";
  const write = (level, values) => {
    let text = format(values);
    if (text.length > CHARS) text = text.slice(0, CHARS) + "...";
    host.log(level, indent ? indent + text.replaceAll("\n", "\n" + indent) : text);
  };
  const counts = new Map(), times = new Map();
  const table = (rows) => {
    if (typeof rows !== "object" || rows === null) return show(rows);
    const entries = rows instanceof Map ? [...rows] : Object.entries(rows);
    const columns = [...new Set(entries.flatMap(([, row]) => typeof row === "object" && row !== null ? Object.keys(row) : ["Values"]))];
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
    trace(...values) { write(3, [["Trace", ...values].map(show).join(" ") + "\n" + new Error().stack.split("\n").slice(1).join("\n").trimEnd()]); },
    dir(value) { write(1, [value]); },
    dirxml(...values) { write(1, values); },
    table(rows) { write(1, [table(rows)]); },
    assert(condition, ...values) { if (!condition) write(3, ["Assertion failed", ...values]); },
    count(label = "default") { const n = (counts.get(String(label)) ?? 0) + 1; counts.set(String(label), n); write(1, [`${label}: ${n}`]); },
    countReset(label = "default") { counts.delete(String(label)); },
    time(label = "default") { times.set(String(label), performance.now()); },
    timeLog(label = "default", ...values) {
      if (times.has(String(label))) write(1, [`${label}: ${(performance.now() - times.get(String(label))).toFixed(3)} ms`, ...values]);
    },
    timeEnd(label = "default") { console.timeLog(label); times.delete(String(label)); },
    group(...values) { if (values.length) write(1, values); indent += "  "; },
    groupCollapsed(...values) { console.group(...values); },
    groupEnd() { indent = indent.slice(2); },
    clear() {},
  };
  shared.define(globalThis, { console });
  shared.show = show;
})
