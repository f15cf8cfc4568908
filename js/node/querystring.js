// node:querystring
(function () {
  const escape = (text) => encodeURIComponent(String(text).toWellFormed()).replace(/[!'()*]/g, (c) => c);
  const unescape = (text) => {
    try { return decodeURIComponent(text); } catch {
      return text.replace(/(?:%[\da-f]{2})+/gi, (run) => new TextDecoder().decode(Uint8Array.from(run.slice(1).split("%"), (byte) => parseInt(byte, 16))));
    }
  };
  const plain = (value) => typeof value === "string" ? value : typeof value === "bigint" || typeof value === "boolean" || typeof value === "number" && Number.isFinite(value) ? String(value) : "";
  const querystring = {
    escape, unescape,
    parse(text, separator = "&", equals = "=", { maxKeys = 1000, decodeURIComponent: decode = querystring.unescape } = {}) {
      const result = Object.create(null);
      if (typeof text !== "string" || text === "") return result;
      let parts = text.split(separator);
      if (maxKeys > 0) parts = parts.slice(0, maxKeys);
      for (const part of parts) {
        if (part === "") continue;
        const at = part.indexOf(equals), clean = (piece) => decode(piece.replaceAll("+", " "));
        const name = clean(at < 0 ? part : part.slice(0, at)), value = at < 0 ? "" : clean(part.slice(at + equals.length));
        if (!(name in result)) result[name] = value; else if (Array.isArray(result[name])) result[name].push(value); else result[name] = [result[name], value];
      }
      return result;
    },
    stringify(object, separator = "&", equals = "=", { encodeURIComponent: encode = querystring.escape } = {}) {
      if (typeof object !== "object" || object === null) return "";
      return Object.entries(object).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((item) => encode(name) + equals + encode(plain(item)))).join(separator);
    },
  };
  querystring.decode = querystring.parse;
  querystring.encode = querystring.stringify;
  return { ...querystring, default: querystring };
})
