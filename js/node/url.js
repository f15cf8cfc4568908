// node:url
(function (host, shared, need) {
  const querystring = need("node:querystring").default;
  const code = (error, name) => Object.assign(error, { code: name });
  const SLASHED = new Set(["http:", "https:", "ftp:", "file:", "ws:", "wss:", "gopher:"]);

  // What `url.parse` gives: older than the Web's URL, for text that need not be absolute.
  class Url {
    protocol = null; slashes = null; auth = null; host = null; port = null; hostname = null; hash = null; search = null; query = null; pathname = null; path = null; href = "";
    format() { return format(this); }
    resolve(relative) { return resolve(this.format(), relative); }
  }
  const parse = (text, withQuery = false, slashesDenoteHost = false) => {
    if (text instanceof Url) return text;
    if (typeof text !== "string") throw code(new TypeError(`The "url" argument must be of type string. Received ${typeof text}`), "ERR_INVALID_ARG_TYPE");
    const url = new Url();
    let rest = text.trim();
    const hash = rest.indexOf("#");
    if (hash >= 0) { url.hash = rest.slice(hash); rest = rest.slice(0, hash); }
    const search = rest.indexOf("?");
    if (search >= 0) { url.search = rest.slice(search); url.query = url.search.slice(1); rest = rest.slice(0, search); } else if (withQuery) { url.search = ""; url.query = ""; }
    const protocol = /^[a-z][a-z\d+.-]*:/i.exec(rest)?.[0];
    if (protocol) { url.protocol = protocol.toLowerCase(); rest = rest.slice(protocol.length).replaceAll("\\", "/"); }
    if (rest.startsWith("//") && (protocol ? url.protocol !== "javascript:" : slashesDenoteHost)) {
      url.slashes = true;
      const end = rest.indexOf("/", 2), authority = end < 0 ? rest.slice(2) : rest.slice(2, end), at = authority.lastIndexOf("@");
      rest = end < 0 ? "" : rest.slice(end);
      if (at >= 0) try { url.auth = decodeURIComponent(authority.slice(0, at)); } catch { throw code(new TypeError("Invalid URL"), "ERR_INVALID_URL"); }
      const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.slice(at + 1)) ?? [, authority.slice(at + 1)];
      if (/[\s<>^|\\%]/.test(name)) throw code(new TypeError("Invalid URL"), "ERR_INVALID_URL");
      url.port = port || null;
      url.hostname = name.replace(/^\[|\]$/g, "").toLowerCase();
      url.host = name.toLowerCase() + (port ? `:${port}` : "");
    }
    url.pathname = rest || (url.slashes && SLASHED.has(url.protocol) ? "/" : null);
    if (withQuery) url.query = querystring.parse(url.query ?? "");
    if (url.pathname !== null || url.search) url.path = (url.pathname ?? "") + (url.search ?? "");
    url.href = format(url);
    return url;
  };
  const format = (url, options) => {
    if (typeof url === "string") return parse(url).format();
    if (url instanceof URL) {
      const copy = new URL(url.href);
      if (options?.fragment === false) copy.hash = "";
      if (options?.search === false) copy.search = "";
      if (options?.auth === false) { copy.username = ""; copy.password = ""; }
      return copy.href;
    }
    let { protocol = "", auth = "", hash = "", search = "", pathname = "" } = url;
    if (protocol && !protocol.endsWith(":")) protocol += ":";
    const named = url.hostname ? (url.hostname.includes(":") ? `[${url.hostname}]` : url.hostname) + (url.port ? `:${url.port}` : "") : null;
    let where = url.host || named;
    if (where && auth) where = `${encodeURIComponent(auth).replace("%3A", ":")}@${where}`;
    if (!search && url.query && typeof url.query === "object") { const query = querystring.stringify(url.query); search = query && `?${query}`; }
    if (search && !search.startsWith("?")) search = "?" + search;
    if (hash && !hash.startsWith("#")) hash = "#" + hash;
    const slashes = url.slashes || SLASHED.has(protocol) && where;
    if (slashes && where !== null && where !== undefined) { where = "//" + where; if (pathname && !pathname.startsWith("/")) pathname = "/" + pathname; }
    return (protocol ?? "") + (where ?? (url.slashes ? "//" : "")) + (pathname ?? "").replace(/[?#]/g, encodeURIComponent) + (search ?? "").replaceAll("#", "%23") + (hash ?? "");
  };
  const resolve = (from, to) => {
    const base = new URL(from, "resolve://nowhere/"), url = new URL(to, base);
    if (url.protocol !== "resolve:") return url.href;
    return (url.host && url.host !== "nowhere" ? `//${url.host}` : "") + url.pathname + url.search + url.hash;
  };
  const exports = {
    URL, URLSearchParams, Url, parse, format, resolve,
    resolveObject: (from, to) => parse(resolve(from, to)),
    fileURLToPath(url) {
      const parsed = new URL(url);
      if (parsed.protocol !== "file:") throw code(new TypeError("The URL must be of scheme file"), "ERR_INVALID_URL_SCHEME");
      if (parsed.hostname) throw code(new TypeError('File URL host must be "localhost" or empty'), "ERR_INVALID_FILE_URL_HOST");
      if (/%2f/i.test(parsed.pathname)) throw code(new TypeError("File URL path must not include encoded / characters"), "ERR_INVALID_FILE_URL_PATH");
      return decodeURIComponent(parsed.pathname);
    },
    pathToFileURL(path) { const url = new URL("file:///"); url.pathname = need("node:path").resolve(path).replaceAll("%", "%25").replaceAll("\\", "%5C").replaceAll("\n", "%0A") + (path.endsWith("/") && path !== "/" ? "/" : ""); return url; },
    domainToASCII: (name) => { try { return new URL(`ws://${name}`).hostname; } catch { return ""; } },
    domainToUnicode: (name) => { try { return new URL(`ws://${name}`).hostname; } catch { return ""; } },
    urlToHttpOptions: (url) => ({ protocol: url.protocol, hostname: url.hostname, hash: url.hash, search: url.search, pathname: url.pathname, path: url.pathname + url.search, href: url.href, ...url.port && { port: Number(url.port) }, ...(url.username || url.password) && { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` } }),
  };
  return { ...exports, default: exports };
})
