// Headers, Request, Response, Blob, FormData.
(function (host, shared) {
  const badName = (name) => { throw new TypeError(`\`${name}\` is not the name of a header field`); };
  const badValue = (name) => { throw new TypeError(`the value of the header field \`${name}\` has characters that cannot be sent`); };

  class Headers {
    // A flat array of lower-case names and values. A request's are read from the host's form when first asked for.
    #list = []; #packed = null; #guard = null; #changes = 0;
    constructor(init) {
      if (init === undefined || init === null) return;
      if (typeof init !== "object") throw new TypeError("Headers are made from an object or from pairs");
      if (init instanceof Headers) { this.#list = init.#open().slice(); return; }
      if (typeof init[Symbol.iterator] === "function") {
        for (const pair of init) {
          const entry = [...pair];
          if (entry.length !== 2) throw new TypeError("each header field needs a name and a value");
          this.append(entry[0], entry[1]);
        }
      } else {
        for (const name of Object.keys(init)) this.append(name, init[name]);
      }
    }
    static {
      shared.packedHeaders = (packed) => {
        const headers = new Headers();
        headers.#packed = packed;
        headers.#guard = "the request that came in";
        return headers;
      };
      shared.guardHeaders = (headers, whose) => { headers.#guard = whose; };
      shared.headerList = (headers) => headers.#open();
      shared.setDefault = (headers, name, value) => { if (!headers.has(name)) headers.#list.push(name, value); };
    }
    #open() {
      if (this.#packed !== null) { this.#list = host.fields(this.#packed); this.#packed = null; }
      return this.#list;
    }
    #write() {
      if (this.#guard) throw new TypeError(`the header fields of ${this.#guard} cannot be changed`);
      this.#changes++;
      return this.#open();
    }
    #name(name) { return host.fieldName(name) ?? badName(name); }
    append(name, value) { const list = this.#write(); name = this.#name(name); list.push(name, host.fieldValue(value) ?? badValue(name)); }
    delete(name) {
      name = this.#name(name);
      const list = this.#write();
      this.#list = list.filter((_, at) => list[at - at % 2] !== name);
    }
    get(name) {
      name = this.#name(name);
      const list = this.#open();
      let found = null;
      for (let at = 0; at < list.length; at += 2) {
        if (list[at] === name) found = found === null ? list[at + 1] : `${found}, ${list[at + 1]}`;
      }
      return found;
    }
    getSetCookie() { const list = this.#open(); return list.filter((_, at) => at % 2 === 1 && list[at - 1] === "set-cookie"); }
    has(name) {
      name = this.#name(name);
      const list = this.#open();
      for (let at = 0; at < list.length; at += 2) if (list[at] === name) return true;
      return false;
    }
    set(name, value) {
      name = this.#name(name);
      value = host.fieldValue(value) ?? badValue(name);
      const list = this.#write();
      for (let at = 0; at < list.length; at += 2) {
        if (list[at] !== name) continue;
        list[at + 1] = value;
        this.#list = list.filter((_, i) => i < at + 2 || list[i - i % 2] !== name);
        return;
      }
      list.push(name, value);
    }
    forEach(callback, self) { for (const [name, value] of this) callback.call(self, value, name, this); }
    #pairs() {
      const names = [...new Set(this.#open().filter((_, at) => at % 2 === 0))].sort();
      return names.flatMap((name) => name === "set-cookie" ? this.getSetCookie().map((value) => [name, value]) : [[name, this.get(name)]]);
    }
    // Alive: what changes while somebody looks through them is seen.
    *entries() {
      let pairs = [], seen = -1;
      for (let at = 0; ; at++) {
        if (seen !== this.#changes) { pairs = this.#pairs(); seen = this.#changes; }
        if (at >= pairs.length) return;
        yield pairs[at];
      }
    }
    *keys() { for (const [name] of this) yield name; }
    *values() { for (const [, value] of this) yield value; }
    [Symbol.iterator]() { return this.entries(); }
  }
  shared.tag(Headers, "Headers");

  // ---- Blob, File, FormData
  const join = (chunks) => {
    if (chunks.length === 1) return chunks[0];
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    const whole = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) { whole.set(chunk, at); at += chunk.length; }
    return whole;
  };

  // The controller takes the buffer of what it gets, so it gets a copy.
  const streamOf = (bytes) => new ReadableStream({
    type: "bytes",
    start(controller) { if (bytes.length) controller.enqueue(bytes.slice()); controller.close(); },
  });

  class Blob {
    #bytes; #type;
    constructor(parts = [], options = {}) {
      if ((typeof parts !== "object" && typeof parts !== "function") || typeof parts?.[Symbol.iterator] !== "function") {
        throw new TypeError("a Blob is made from a list of its parts: `new Blob([part])`");
      }
      const endings = String(options?.endings ?? "transparent");
      if (endings !== "transparent" && endings !== "native") throw new TypeError("`endings` is `transparent` or `native`");
      const text = (part) => host.utf8(endings === "native" ? String(part).replace(/\r\n?/g, "\n") : String(part));
      this.#bytes = join([new Uint8Array(0), ...Array.from(parts, (part) =>
        part instanceof Blob ? part.#bytes
          : part instanceof ArrayBuffer || ArrayBuffer.isView(part) ? shared.bytesOf(part).slice() : text(part))]);
      const type = String(options?.type ?? "");
      this.#type = /[^\x20-\x7e]/.test(type) ? "" : type.toLowerCase();
    }
    static { shared.blobBytes = (blob) => blob.#bytes; }
    get size() { return this.#bytes.length; }
    get type() { return this.#type; }
    async arrayBuffer() { return this.#bytes.slice().buffer; }
    async bytes() { return this.#bytes.slice(); }
    async text() { return shared.decode(this.#bytes); }
    slice(start, end, type = "") { return new Blob([this.#bytes.slice(start, end)], { type }); }
    stream() { return streamOf(this.#bytes); }
  }
  shared.tag(Blob, "Blob");

  class File extends Blob {
    #name; #modified;
    constructor(parts, name, options = {}) {
      super(parts, options);
      this.#name = String(name);
      this.#modified = options?.lastModified ?? Date.now();
    }
    get name() { return this.#name; }
    get lastModified() { return this.#modified; }
  }
  shared.tag(File, "File");

  class FormData {
    #entries = [];
    #item(value, name) {
      if (!(value instanceof Blob)) {
        if (name !== undefined) throw new TypeError("only a Blob has a file name");
        return String(value).toWellFormed();
      }
      return value instanceof File && name === undefined ? value : new File([value], name ?? value.name ?? "blob", { type: value.type });
    }
    append(name, value, file) { this.#entries.push([String(name).toWellFormed(), this.#item(value, file)]); }
    delete(name) { this.#entries = this.#entries.filter(([n]) => n !== String(name)); }
    get(name) { return this.#entries.find(([n]) => n === String(name))?.[1] ?? null; }
    getAll(name) { return this.#entries.filter(([n]) => n === String(name)).map(([, v]) => v); }
    has(name) { return this.#entries.some(([n]) => n === String(name)); }
    set(name, value, file) {
      const at = this.#entries.findIndex(([n]) => n === String(name));
      if (at < 0) { this.append(name, value, file); return; }
      this.#entries[at] = [String(name), this.#item(value, file)];
      this.#entries = this.#entries.filter(([n], i) => i <= at || n !== String(name));
    }
    forEach(callback, self) { for (const [name, value] of this.#entries) callback.call(self, value, name, this); }
    *entries() { for (const entry of this.#entries) yield [...entry]; }
    *keys() { for (const [name] of this.#entries) yield name; }
    *values() { for (const [, value] of this.#entries) yield value; }
    [Symbol.iterator]() { return this.entries(); }
  }
  shared.tag(FormData, "FormData");

  // multipart/form-data in both directions
  const CRLF2 = [13, 10, 13, 10];
  const find = (bytes, needle, from) => {
    outer: for (let at = bytes.indexOf(needle[0], from); at >= 0; at = bytes.indexOf(needle[0], at + 1)) {
      for (let i = 1; i < needle.length; i++) if (bytes[at + i] !== needle[i]) continue outer;
      return at;
    }
    return -1;
  };
  const parseForm = (bytes, type) => {
    const form = new FormData();
    if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
      for (const [name, value] of new URLSearchParams(shared.decode(bytes))) form.append(name, value);
      return form;
    }
    const boundary = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
    if (!boundary) throw new TypeError("the body is no form");
    // A boundary begins a line.
    const mark = host.utf8("\r\n--" + (boundary[1] ?? boundary[2]));
    let at = mark.slice(2).every((byte, n) => bytes[n] === byte) ? -2 : find(bytes, mark, 0);
    if (at === -1) throw new TypeError("the form has no boundary");
    for (;;) {
      at += mark.length;
      if (bytes[at] === 45 && bytes[at + 1] === 45) return form;
      const head = find(bytes, CRLF2, at);
      // The next boundary may share its line end with the empty line before an empty part.
      const end = head < 0 ? -1 : find(bytes, mark, head + 2);
      if (end < 0) throw new TypeError("the form breaks off");
      const fields = shared.decode(bytes.subarray(at, head));
      const disposition = /content-disposition:[^\r\n]*/i.exec(fields)?.[0] ?? "";
      const unquote = (text) => text?.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
      const value = (found) => unquote(found?.[1] ?? found?.[2]);
      const name = value(/[;\s]name=(?:"([^"]*)"|([^;\s]+))/i.exec(disposition));
      const file = value(/[;\s]filename=(?:"([^"]*)"|([^;\s]+))/i.exec(disposition));
      if (name === undefined) throw new TypeError("a part of the form has no name");
      const content = bytes.slice(head + 4, Math.max(end, head + 4));
      if (file === undefined) form.append(name, shared.decode(content));
      else form.append(name, new File([content], file, { type: /content-type:\s*([^\r\n]*)/i.exec(fields)?.[1] ?? "text/plain" }));
      at = end;
    }
  };
  const writeForm = (form) => {
    const boundary = "----form-" + crypto.randomUUID();
    const quote = (text) => text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
    const chunks = [];
    for (const [name, value] of form) {
      const file = typeof value === "string" ? "" : `; filename="${quote(value.name)}"\r\nContent-Type: ${value.type || "application/octet-stream"}`;
      chunks.push(host.utf8(`--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"${file}\r\n\r\n`));
      chunks.push(typeof value === "string" ? host.utf8(value.replace(/\r?\n|\r/g, "\r\n")) : shared.blobBytes(value), host.utf8("\r\n"));
    }
    chunks.push(host.utf8(`--${boundary}--\r\n`));
    return [join(chunks), `multipart/form-data; boundary=${boundary}`];
  };

  // ---- types of media: as the standard writes them
  const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/, BEFORE = /^[\t\n\r ]+/, AFTER = /[\t\n\r ]+$/;
  // `""` for what is none.
  const mediaType = (text) => {
    const [whole, first] = /^([^;]*)(?:;|$)/.exec(text);
    const essence = first.replace(BEFORE, "").replace(AFTER, "").split("/");
    if (essence.length !== 2 || !essence.every((part) => TOKEN.test(part))) return "";
    let out = essence.join("/").toLowerCase();
    const seen = new Set();
    const parameter = /([^;=]*)(?:=(?:"((?:[^"\\]|\\[^])*)(?:"[^;]*|\\?$)|([^;]*)))?(?:;|$)/y;
    for (parameter.lastIndex = whole.length; parameter.lastIndex < text.length;) {
      const found = parameter.exec(text);
      if (!found) break;
      const name = found[1].replace(BEFORE, "").toLowerCase(), quoted = found[2]?.replace(/\\([^])/g, "$1");
      const value = quoted ?? found[3]?.replace(AFTER, "");
      if (!TOKEN.test(name) || value === undefined || (value === "" && quoted === undefined) || /[^\t\x20-\x7e\x80-\xff]/.test(value) || seen.has(name)) continue;
      seen.add(name);
      out += `;${name}=${TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
    }
    return out;
  };

  // ---- bodies: text and bytes stay as they are until somebody asks for a stream
  const bodyOf = (init) => {
    if (init === null || init === undefined) return [null, null];
    if (typeof init === "string") return [init, "text/plain;charset=UTF-8"];
    if (init instanceof ReadableStream) {
      if (init.locked || shared.isDisturbed(init)) throw new TypeError("the stream is in use");
      return [init, null];
    }
    if (init instanceof ArrayBuffer || ArrayBuffer.isView(init)) return [shared.bytesOf(init).slice(), null];
    if (init instanceof Blob) return [shared.blobBytes(init), init.type || null];
    if (init instanceof URLSearchParams) return [init.toString(), "application/x-www-form-urlencoded;charset=UTF-8"];
    if (init instanceof FormData) return writeForm(init);
    if (typeof init[Symbol.asyncIterator] === "function") return [ReadableStream.from(pieces(init)), null];
    return [String(init), "text/plain;charset=UTF-8"];
  };

  const chunkBytes = (chunk) => {
    if (chunk instanceof Uint8Array) return chunk;
    if (typeof chunk === "string") return host.utf8(chunk);
    if (chunk instanceof ArrayBuffer || ArrayBuffer.isView(chunk)) return shared.bytesOf(chunk);
    throw new TypeError("a piece of a body is text or bytes");
  };
  // Beyond the standard: a generator may yield text. A stream's chunks are bytes, as the standard has it.
  const pieces = async function* (items) { for await (const item of items) yield chunkBytes(item); };
  const streamChunk = (chunk) => {
    if (chunk instanceof Uint8Array) return chunk;
    throw new TypeError("a stream that is a body gives `Uint8Array`s; text goes through a TextEncoderStream");
  };
  shared.streamChunk = streamChunk;

  // The request's body: pieces come when the host says so.
  let wake = null;
  shared.bodyArrived = () => { const waiting = wake; wake = null; waiting?.(); };
  const nextPiece = async () => {
    for (;;) {
      const piece = host.bodyRead();
      if (piece !== undefined) return piece;
      await new Promise((resolve) => { wake = resolve; });
    }
  };
  const INCOMING = Symbol("incoming");

  class Body {
    #body; #stream = null; #used = false;
    constructor(body) { this.#body = body; }
    static {
      shared.rawBody = (holder) => holder.#stream ?? holder.#body;
      shared.takeBody = (holder) => {
        const body = holder.#stream ?? holder.#body;
        if (holder.#stream ? holder.#stream.locked || shared.isDisturbed(holder.#stream) : holder.#used) throw new TypeError("the body was already read");
        holder.#used = body !== null;
        return body;
      };
      shared.cloneBody = (holder) => {
        if (holder.bodyUsed) throw new TypeError("the body was already read");
        if (holder.#body === null || typeof holder.#body === "string" || holder.#body instanceof Uint8Array) return holder.#body;
        const [a, b] = holder.body.tee();
        holder.#stream = a;
        return b;
      };
      shared.setBody = (holder, body) => { holder.#body = body; };
    }
    get body() {
      if (this.#stream || this.#body === null) return this.#stream;
      const body = this.#body;
      if (body instanceof ReadableStream) return this.#stream = body;
      if (body === INCOMING) {
        return this.#stream = new ReadableStream({
          type: "bytes",
          async pull(controller) {
            const piece = await nextPiece();
            if (piece !== null) { controller.enqueue(piece); return; }
            controller.close();
            controller.byobRequest?.respond(0);
          },
        });
      }
      const bytes = chunkBytes(body), used = this.#used;
      this.#stream = streamOf(bytes);
      if (used) this.#stream.cancel();
      return this.#stream;
    }
    get bodyUsed() { return this.#stream ? shared.isDisturbed(this.#stream) : this.#used; }
    async #all() {
      const body = shared.takeBody(this);
      if (body === null) return new Uint8Array(0);
      if (typeof body === "string" || body instanceof Uint8Array) return chunkBytes(body);
      const chunks = [];
      if (body === INCOMING) {
        for (let piece = await nextPiece(); piece !== null; piece = await nextPiece()) chunks.push(piece);
      } else {
        for await (const chunk of body) chunks.push(streamChunk(chunk));
      }
      return chunks.length ? join(chunks) : new Uint8Array(0);
    }
    async bytes() { return (await this.#all()).slice(); }
    async arrayBuffer() { return (await this.#all()).slice().buffer; }
    async text() { return shared.decode(await this.#all()); }
    async json() { return JSON.parse(shared.decode(await this.#all())); }
    async blob() { const type = mediaType(this.headers.get("content-type") ?? ""); return new Blob([await this.#all()], { type }); }
    async formData() { const type = this.headers.get("content-type") ?? ""; return parseForm(await this.#all(), type); }
  }

  const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
  class Request extends Body {
    #method; #url; #headers; #signal = null; #redirect = "follow";
    constructor(input, init = {}) {
      if (input === INCOMING) {
        // What came in: nothing of it is looked at before somebody asks.
        super(init.hasBody ? INCOMING : null);
        this.#method = init.method;
        this.#url = init.url;
        this.#headers = shared.packedHeaders(init.packed);
        return;
      }
      let body = null, type = null;
      const from = input instanceof Request ? input : null;
      if (init.body !== undefined && init.body !== null) {
        [body, type] = bodyOf(init.body);
        if (body instanceof ReadableStream && init.duplex !== "half") throw new TypeError("a request whose body is a stream needs `duplex: \"half\"`");
      }
      else if (from) body = shared.takeBody(from);
      super(body);
      if (from) this.#url = from.#url;
      else {
        const url = new URL(input);
        if (url.username || url.password) throw new TypeError("the URL of a request has no user and password");
        this.#url = url.href;
      }
      const method = String(init.method ?? from?.method ?? "GET");
      this.#method = METHODS.includes(method.toUpperCase()) ? method.toUpperCase() : host.fieldName(method) === undefined ? badName(method) : method;
      if (/^(connect|trace|track)$/i.test(method)) throw new TypeError(`the method ${method} is not for functions`);
      if (body !== null && (this.#method === "GET" || this.#method === "HEAD")) throw new TypeError(`a ${this.#method} request has no body`);
      this.#headers = new Headers(init.headers ?? from?.headers);
      if (type !== null) shared.setDefault(this.#headers, "content-type", type);
      this.#signal = init.signal ?? from?.signal ?? null;
      if (init.redirect !== undefined) this.#redirect = String(init.redirect);
    }
    get method() { return this.#method; }
    get url() { return this.#url; }
    get headers() { return this.#headers; }
    get signal() { return this.#signal ??= shared.newSignal(); }
    get redirect() { return this.#redirect; }
    get cache() { return "default"; }
    get credentials() { return "same-origin"; }
    get destination() { return ""; }
    get integrity() { return ""; }
    get keepalive() { return false; }
    get mode() { return "cors"; }
    get referrer() { return "about:client"; }
    get referrerPolicy() { return ""; }
    get duplex() { return "half"; }
    clone() {
      const copy = new Request(this.url, { method: this.method, headers: this.headers, signal: this.signal });
      shared.setBody(copy, shared.cloneBody(this));
      return copy;
    }
  }
  shared.tag(Request, "Request");

  const NULL_BODY = [101, 103, 204, 205, 304];
  class Response extends Body {
    #status; #statusText; #headers; #type = "default";
    constructor(body = null, init = {}) {
      const status = init.status === undefined ? 200 : Number(init.status) | 0;
      if (status < 200 || status > 599) throw new RangeError(`the status ${init.status} is not one of a response; there are 200 to 599`);
      if (body === null || body === undefined) super(null);
      else {
        if (NULL_BODY.includes(status)) throw new TypeError(`a response with status ${status} has no body`);
        const [raw, type] = bodyOf(body);
        super(raw);
        this.#headers = new Headers(init.headers);
        if (type !== null) shared.setDefault(this.#headers, "content-type", type);
      }
      this.#headers ??= new Headers(init.headers);
      this.#status = status;
      this.#statusText = init.statusText === undefined ? "" : String(init.statusText);
      if (/[^\t\x20-\x7e\x80-\xff]/.test(this.#statusText)) throw new TypeError("`statusText` has characters that cannot be sent");
    }
    static json(data, init = {}) {
      const text = JSON.stringify(data);
      if (text === undefined) throw new TypeError("the value has no JSON form");
      const response = new Response(null, init);
      shared.setBody(response, text);
      shared.setDefault(response.#headers, "content-type", "application/json");
      return response;
    }
    static redirect(url, status = 302) {
      if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`the status ${status} is no redirection`);
      const response = new Response(null, { status, headers: { location: new URL(url, shared.requestUrl).href } });
      shared.guardHeaders(response.#headers, "a redirection");
      return response;
    }
    static error() {
      const response = new Response();
      response.#type = "error";
      response.#status = 0;
      shared.guardHeaders(response.#headers, "an error");
      return response;
    }
    get status() { return this.#status; }
    get ok() { return this.#status >= 200 && this.#status <= 299; }
    get statusText() { return this.#statusText; }
    get headers() { return this.#headers; }
    get type() { return this.#type; }
    get url() { return ""; }
    get redirected() { return false; }
    clone() {
      const copy = new Response(null, { status: this.#status, statusText: this.#statusText, headers: this.#headers });
      shared.setBody(copy, shared.cloneBody(this));
      return copy;
    }
  }
  shared.tag(Response, "Response");
  shared.INCOMING = INCOMING;
  for (const Type of [Body, Headers, FormData, URL, URLSearchParams]) shared.cloned.push([Type, null]);
  shared.cloned.push([File, (file) => new File([file], file.name, { type: file.type, lastModified: file.lastModified })],
    [Blob, (blob) => new Blob([blob], { type: blob.type })]);
  shared.define(globalThis, { Headers, Blob, File, FormData, Request, Response });
})
