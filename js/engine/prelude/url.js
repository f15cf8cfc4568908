// URL and URLSearchParams over the host's parser (the Rust crate `url`, which follows the WHATWG standard).
(function (host, shared) {
  const PARSE = 0, SET = 1, QUERY_PARSE = 2, QUERY_TEXT = 3;
  // What PARSE and SET answer, in this order.
  const HREF = 0, ORIGIN = 1, PROTOCOL = 2, USERNAME = 3, PASSWORD = 4, HOST = 5, HOSTNAME = 6, PORT = 7, PATHNAME = 8,
    SEARCH = 9, HASH = 10;

  class URLSearchParams {
    #list = []; #url = null;
    constructor(init = "") {
      if (typeof init === "object" && init !== null || typeof init === "function") {
        if (typeof init[Symbol.iterator] === "function") {
          for (const pair of init) {
            const entry = [...pair];
            if (entry.length !== 2) throw new TypeError("each item needs a name and a value");
            this.#list.push(String(entry[0]).toWellFormed(), String(entry[1]).toWellFormed());
          }
        } else {
          for (const name of Reflect.ownKeys(init)) {
            if (Object.getOwnPropertyDescriptor(init, name)?.enumerable) {
              this.#list.push(String(name).toWellFormed(), String(init[name]).toWellFormed());
            }
          }
        }
      } else {
        const text = String(init);
        this.#list = host.text(QUERY_PARSE, [text.startsWith("?") ? text.slice(1) : text]);
      }
    }
    static {
      shared.paramsOf = (url, search) => {
        const params = new URLSearchParams(search);
        params.#url = url;
        return params;
      };
      shared.refill = (params, search) => { params.#list = host.text(QUERY_PARSE, [search.startsWith("?") ? search.slice(1) : search]); };
    }
    #changed() { if (this.#url) shared.setSearch(this.#url, this.toString()); }
    get size() { return this.#list.length / 2; }
    append(name, value) { this.#list.push(String(name).toWellFormed(), String(value).toWellFormed()); this.#changed(); }
    delete(name, value) {
      name = String(name);
      const kept = [];
      for (let at = 0; at < this.#list.length; at += 2) {
        const same = this.#list[at] === name && (value === undefined || this.#list[at + 1] === String(value));
        if (!same) kept.push(this.#list[at], this.#list[at + 1]);
      }
      this.#list = kept;
      this.#changed();
    }
    get(name) {
      name = String(name);
      for (let at = 0; at < this.#list.length; at += 2) if (this.#list[at] === name) return this.#list[at + 1];
      return null;
    }
    getAll(name) {
      name = String(name);
      return this.#list.filter((_, at) => at % 2 === 1 && this.#list[at - 1] === name);
    }
    has(name, value) {
      name = String(name);
      for (let at = 0; at < this.#list.length; at += 2) {
        if (this.#list[at] === name && (value === undefined || this.#list[at + 1] === String(value))) return true;
      }
      return false;
    }
    set(name, value) {
      name = String(name).toWellFormed();
      const kept = [];
      let done = false;
      for (let at = 0; at < this.#list.length; at += 2) {
        if (this.#list[at] !== name) kept.push(this.#list[at], this.#list[at + 1]);
        else if (!done) { kept.push(name, String(value).toWellFormed()); done = true; }
      }
      if (!done) kept.push(name, String(value).toWellFormed());
      this.#list = kept;
      this.#changed();
    }
    sort() {
      const pairs = [...this];
      pairs.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
      this.#list = pairs.flat();
      this.#changed();
    }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    *entries() { for (let at = 0; at < this.#list.length; at += 2) yield [this.#list[at], this.#list[at + 1]]; }
    *keys() { for (let at = 0; at < this.#list.length; at += 2) yield this.#list[at]; }
    *values() { for (let at = 1; at < this.#list.length; at += 2) yield this.#list[at]; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return host.text(QUERY_TEXT, this.#list)[0]; }
  }
  shared.tag(URLSearchParams, "URLSearchParams");

  class URL {
    #parts; #params = null;
    constructor(url, base) {
      const input = base === undefined ? [String(url)] : [String(url), String(base)];
      this.#parts = host.text(PARSE, input);
      if (!this.#parts) throw new TypeError(`Invalid URL: ${input.join(" against ")}`);
    }
    static canParse(url, base) { return host.text(PARSE, base === undefined ? [String(url)] : [String(url), String(base)]) !== undefined; }
    static parse(url, base) { try { return new URL(url, base); } catch { return null; } }
    static {
      shared.setSearch = (url, search) => { url.#set(SEARCH, search); };
    }
    #set(which, value) {
      const parts = host.text(SET, [this.#parts[HREF], String(which), String(value)]);
      if (parts) this.#parts = parts;
    }
    get href() { return this.#parts[HREF]; }
    set href(value) {
      const parts = host.text(PARSE, [String(value)]);
      if (!parts) throw new TypeError(`Invalid URL: ${value}`);
      this.#parts = parts;
      if (this.#params) shared.refill(this.#params, this.search);
    }
    get origin() { return this.#parts[ORIGIN]; }
    get protocol() { return this.#parts[PROTOCOL]; }
    set protocol(value) { this.#set(PROTOCOL, value); }
    get username() { return this.#parts[USERNAME]; }
    set username(value) { this.#set(USERNAME, value); }
    get password() { return this.#parts[PASSWORD]; }
    set password(value) { this.#set(PASSWORD, value); }
    get host() { return this.#parts[HOST]; }
    set host(value) { this.#set(HOST, value); }
    get hostname() { return this.#parts[HOSTNAME]; }
    set hostname(value) { this.#set(HOSTNAME, value); }
    get port() { return this.#parts[PORT]; }
    set port(value) { this.#set(PORT, value); }
    get pathname() { return this.#parts[PATHNAME]; }
    set pathname(value) { this.#set(PATHNAME, value); }
    get search() { return this.#parts[SEARCH]; }
    set search(value) {
      this.#set(SEARCH, value);
      if (this.#params) shared.refill(this.#params, this.search);
    }
    get searchParams() { return this.#params ??= shared.paramsOf(this, this.search); }
    get hash() { return this.#parts[HASH]; }
    set hash(value) { this.#set(HASH, value); }
    toString() { return this.#parts[HREF]; }
    toJSON() { return this.#parts[HREF]; }
  }
  shared.tag(URL, "URL");
  shared.define(globalThis, { URL, URLSearchParams });
})
