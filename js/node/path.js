// node:path, as on POSIX systems. There are no files; the folder is `/`.
(function () {
  const text = (value) => {
    if (typeof value !== "string") throw Object.assign(new TypeError(`The "path" argument must be of type string. Received ${typeof value}`), { code: "ERR_INVALID_ARG_TYPE" });
    return value;
  };
  const normal = (path, rooted) => {
    const out = [];
    for (const part of path.split("/")) {
      if (part === "" || part === ".") continue;
      if (part !== "..") out.push(part);
      else if (out.length > 0 && out.at(-1) !== "..") out.pop();
      else if (!rooted) out.push("..");
    }
    return out.join("/");
  };
  const path = {
    sep: "/", delimiter: ":",
    normalize(given) {
      const rooted = text(given).startsWith("/"), rest = normal(given, rooted);
      return (rooted ? "/" : "") + rest + (given.endsWith("/") && rest ? "/" : "") || ".";
    },
    join(...parts) { const whole = parts.map(text).filter(Boolean).join("/"); return whole ? path.normalize(whole) : "."; },
    resolve(...parts) {
      let whole = "";
      for (const part of parts.map(text).toReversed()) { if (part) whole = whole ? `${part}/${whole}` : part; if (whole.startsWith("/")) break; }
      return "/" + normal(whole, true);
    },
    isAbsolute: (given) => text(given).startsWith("/"),
    relative(from, to) {
      const a = path.resolve(from).split("/").filter(Boolean), b = path.resolve(to).split("/").filter(Boolean);
      let same = 0;
      while (same < a.length && same < b.length && a[same] === b[same]) same++;
      return [...a.slice(same).map(() => ".."), ...b.slice(same)].join("/");
    },
    dirname(given) {
      const bare = text(given).replace(/\/+$/, ""), at = bare.lastIndexOf("/");
      if (at < 0) return given.startsWith("/") ? "/" : ".";
      return bare.slice(0, at).replace(/\/+$/, "") || "/";
    },
    basename(given, end = "") {
      const name = text(given).replace(/\/+$/, "").split("/").at(-1);
      return end && name !== end && name.endsWith(end) ? name.slice(0, -end.length) : name;
    },
    extname(given) {
      const name = path.basename(given), at = name.lastIndexOf(".");
      return at <= 0 || /^\.+$/.test(name) && name.length === 2 ? "" : name.slice(at);
    },
    parse(given) {
      const root = text(given).startsWith("/") ? "/" : "", base = path.basename(given), ext = path.extname(given);
      const folder = path.dirname(given);
      return { root, dir: folder === "." && !given.startsWith(".") ? root : folder, base, ext, name: ext ? base.slice(0, -ext.length) : base };
    },
    format({ root = "", dir, base, name = "", ext = "" }) {
      const file = base ?? name + (ext && !ext.startsWith(".") ? "." + ext : ext), folder = dir ?? root;
      return folder ? folder === root ? folder + file : `${folder}/${file}` : file;
    },
    matchesGlob() { throw new TypeError("path.matchesGlob is not supported"); },
    toNamespacedPath: (given) => given,
  };
  path.posix = path;
  return { ...path, default: path };
})
