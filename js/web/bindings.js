// What a function finds in `env` beside its configuration: `KV` in the shapes of Workers KV, and `SECRETS`. `DB` only says that
// there is none yet.
(function (host, shared) {
  const { freeze, create, defineProperty } = Object;
  const { stringify, parse } = JSON;
  const { ceil, min } = Math;
  // Fixed now: a function that replaces these gets nothing by it that passes here.
  const Bytes = Uint8Array, Waiting = Promise, text = host.fromUtf8;
  const mentioned = (words) => { throw new TypeError(words); };

  // ---- SECRETS
  // Names of secrets are spelled like nothing else that anybody looks for on an object.
  const isName = (name) => typeof name === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(name);
  const value = (name) => {
    const found = host.secret(name);
    if (typeof found === "string") return found;
    if (found === -1) return mentioned(`this function is not granted the secret ${name}: add \`secrets = ["${name}"]\` to it in serviceful.toml`);
    if (found === -2) return mentioned(`the secret ${name} is not set: set it with \`serviceful secrets set APP ${name}\``);
    return mentioned(`the secret ${name} cannot be read at the moment`);
  };
  const secrets = (names) => {
    const target = create(null);
    // Not enumerable: what copies or prints an object gets names at most.
    for (const name of names) defineProperty(target, name, { get: () => value(name) });
    freeze(target);
    return new Proxy(target, {
      get: (_, name) => name in target ? target[name] : isName(name) ? value(name) : undefined,
    });
  };

  // ---- KV
  class KvError extends Error {
    constructor(message, limit) {
      super(message);
      // The name of the limit that was reached, if it was one.
      if (limit !== "") this.limit = limit;
    }
    get name() { return "KvError"; }
  }
  const open = new Map();
  shared.answered = (number) => {
    const settle = open.get(number);
    open.delete(number);
    settle?.(host.kvTake(number));
  };
  // `error` was made where it was asked, so that its trace shows who did.
  const ask = (error, ...items) =>
    new Waiting((resolve, reject) => {
      open.set(host.kvAsk(items), (answer) => {
        const kind = text(answer[0], false);
        if (kind !== "refused") { resolve([kind, answer]); return; }
        const limit = text(answer[1], false);
        error.message = text(answer[2], false);
        if (limit !== "") error.limit = limit;
        reject(error);
      });
    });
  const asked = () => new KvError("", "");
  const keyOf = (key) => typeof key === "string" ? key : mentioned(`a key is a text, not ${shared.show(key)}`);
  const number = (what, value, least) =>
    typeof value === "number" && value >= least && value % 1 === 0 ? value : mentioned(`\`${what}\` is a whole number of at least ${least}`);
  const metadataOf = (item) => item.length === 0 ? null : parse(text(item, false));
  const TYPES = ["text", "json", "arrayBuffer", "stream"];
  const as = (type, bytes) => {
    if (type === "text") return text(bytes, false);
    if (type === "json") return parse(text(bytes, false));
    return type === "arrayBuffer" ? bytes.buffer : new Response(bytes).body;
  };
  const typeOf = (options) => {
    const type = (typeof options === "string" ? options : options?.type) ?? "text";
    return TYPES.includes(type) ? type : mentioned(`\`${type}\` is no type of a value; there are ${TYPES.join(", ")}`);
  };
  // Seconds since 1970: from then on the key is not there.
  const endOf = ({ expiration, expirationTtl }) => {
    if (expiration !== undefined && expiration !== null) return number("expiration", expiration, 1);
    if (expirationTtl === undefined || expirationTtl === null) return "";
    return ceil(host.now() / 1000) + number("expirationTtl", expirationTtl, 1);
  };
  const bodyOf = async (value) => {
    if (typeof value === "string") return host.utf8(value);
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return new Bytes(shared.bytesOf(value));
    if (value instanceof ReadableStream || value instanceof Blob) return new Bytes(await new Response(value).arrayBuffer());
    return mentioned(`a value is a text, bytes, or a stream of them, not ${shared.show(value)}; write \`JSON.stringify(value)\``);
  };
  class KVNamespace {
    async get(key, options) {
      if (Array.isArray(key)) {
        const type = typeOf(options);
        const found = await Promise.all(key.map((one) => this.get(one, type)));
        return new Map(key.map((one, at) => [one, found[at]]));
      }
      return (await this.getWithMetadata(key, options)).value;
    }
    async getWithMetadata(key, options) {
      const type = typeOf(options);
      const [kind, answer] = await ask(asked(), "get", keyOf(key));
      if (kind === "none") return { value: null, metadata: null, cacheStatus: null };
      return { value: as(type, answer[2]), metadata: metadataOf(answer[1]), cacheStatus: null };
    }
    async put(key, value, options = {}) {
      const error = asked();
      const metadata = options?.metadata === undefined || options?.metadata === null ? "" : stringify(options.metadata);
      await ask(error, "put", keyOf(key), metadata, endOf(options ?? {}), await bodyOf(value));
    }
    async delete(key) { await ask(asked(), "delete", keyOf(key)); }
    async list(options = {}) {
      const prefix = options?.prefix ?? "", limit = min(number("limit", options?.limit ?? 1000, 1), 1000);
      const [, answer] = await ask(asked(), "list", keyOf(prefix), keyOf(options?.cursor ?? ""), limit);
      const keys = [];
      for (let at = 2; at + 2 < answer.length; at += 3) {
        const key = { name: text(answer[at], false) };
        if (answer[at + 2].length) key.expiration = Number(text(answer[at + 2], false));
        if (answer[at + 1].length) key.metadata = metadataOf(answer[at + 1]);
        keys.push(key);
      }
      const complete = answer[1].length === 0;
      return complete || keys.length === 0
        ? { keys, list_complete: true, cacheStatus: null }
        : { keys, list_complete: false, cursor: keys[keys.length - 1].name, cacheStatus: null };
    }
  }
  shared.tag(KVNamespace, "KVNamespace");
  const kv = freeze(new KVNamespace());

  const give = (env, { secrets: names, kv: access }) => {
    if (names.length) defineProperty(env, "SECRETS", { value: secrets(names), enumerable: true, configurable: true });
    if (access !== "") defineProperty(env, "KV", { value: kv, enumerable: true, configurable: true });
  };
  const refused = async () => {
    host.deny("kv", "open");
    mentioned("this function is not granted the key-value store: add `kv = \"rw\"` (or `\"r\"`) to it in serviceful.toml");
  };
  const noKv = freeze({ get: refused, getWithMetadata: refused, put: refused, delete: refused, list: refused });
  // ---- DB
  const noDatabase = () => {
    host.deny("sql", "open");
    mentioned("there is no database for functions yet, so there is no `env.DB`; keys and values can be kept in `env.KV`: add `kv = \"rw\"` to the function in serviceful.toml");
  };
  const noDb = freeze({ prepare: noDatabase, batch: noDatabase, exec: noDatabase, dump: noDatabase, withSession: noDatabase });
  return { give, noKv, noDb, noSecrets: secrets([]) };
})
