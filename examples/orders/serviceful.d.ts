// Written by `serviceful types`: what this app's functions are given. Written anew by the next run.
declare namespace Serviceful {
  /** The app's configuration: `config` in serviceful.toml. Not secret. */
  interface Env {
  }

  /** How strongly a person proved who they are, weakest first. */
  type Assurance = "none" | "single-factor" | "multi-factor" | "phishing-resistant";

  /** A person. The pair (`issuer`, `subject`) is the key: names and addresses change, the pair does not. */
  interface User {
    readonly kind: "user";
    readonly issuer: string;
    readonly subject: string;
    /** Only when verified. */
    readonly email: string | null;
    readonly displayName: string | null;
    readonly groups: readonly string[];
    readonly assurance: Assurance;
    /** Seconds since 1970. */
    readonly authenticatedAt: number;
    /** An opaque label to correlate requests of one sign-in; not a credential. */
    readonly session: string | null;
    readonly onBehalfOf: null;
  }

  /** A machine: another function, a timer, a service token. */
  interface Workload {
    readonly kind: "workload";
    /** A SPIFFE id. */
    readonly id: string;
    readonly deployment: string;
    readonly onBehalfOf: User | null;
  }

  /** Nobody who said who they are. Only public functions meet them. */
  interface Anonymous {
    readonly kind: "anonymous";
    readonly onBehalfOf?: null;
  }

  /** The verified caller. Nothing that a request carries can change it. */
  type Caller = User | Workload | Anonymous;

  interface Context {
    readonly caller: Caller;
    /**
     * Whether the caller may do `action`, a word of the app's own, to `resource`: by the rules about `App::Action` in the app's
     * Cedar file. What no rule permits is not allowed. Throws when no rule permits such an action to anybody, which is a mistake.
     */
    allowed(action: string, resource?: string): boolean;
    /** Goes on with `promise` after the response, within the limits of the call. */
    waitUntil(promise: Promise<unknown>): void;
    /**
     * Goes on only if the caller is a person who proved at least this much, not longer ago than `maxAgeSeconds` (1 or more).
     * Otherwise the request ends: a person at a browser is asked to confirm who they are, and the function is called anew; a
     * program gets 401 and is told what to show; a machine gets 403. Nothing can catch it, so ask before anything is done.
     * After the response has begun it throws instead.
     */
    require(assurance: Assurance, maxAgeSeconds?: number): User;
  }

  /** A key of a list. */
  interface KVKey<Metadata = unknown> {
    readonly name: string;
    /** Seconds since 1970: from then on the key is not there. */
    readonly expiration?: number;
    readonly metadata?: Metadata;
  }

  type KVList<Metadata = unknown> =
    | { readonly keys: KVKey<Metadata>[]; readonly list_complete: true; readonly cacheStatus: null }
    | { readonly keys: KVKey<Metadata>[]; readonly list_complete: false; readonly cursor: string; readonly cacheStatus: null };

  interface KVFound<Value, Metadata = unknown> {
    readonly value: Value | null;
    readonly metadata: Metadata | null;
    readonly cacheStatus: null;
  }

  /** A refusal. `limit` is the name of the limit that was reached, if it was one (docs/reference/limits.md). */
  interface KVError extends Error {
    readonly name: "KvError";
    readonly limit?: string;
  }

  /** Reads of the app's key-value store. Every read sees every write that was acknowledged before it. */
  interface KVReader {
    get(key: string, type?: "text" | { type?: "text" }): Promise<string | null>;
    get<Value = unknown>(key: string, type: "json" | { type: "json" }): Promise<Value | null>;
    get(key: string, type: "arrayBuffer" | { type: "arrayBuffer" }): Promise<ArrayBuffer | null>;
    get(key: string, type: "stream" | { type: "stream" }): Promise<ReadableStream | null>;
    get(keys: string[], type?: "text" | { type?: "text" }): Promise<Map<string, string | null>>;
    get<Value = unknown>(keys: string[], type: "json" | { type: "json" }): Promise<Map<string, Value | null>>;
    getWithMetadata<Metadata = unknown>(key: string, type?: "text" | { type?: "text" }): Promise<KVFound<string, Metadata>>;
    getWithMetadata<Value = unknown, Metadata = unknown>(key: string, type: "json" | { type: "json" }): Promise<KVFound<Value, Metadata>>;
    getWithMetadata<Metadata = unknown>(key: string, type: "arrayBuffer" | { type: "arrayBuffer" }): Promise<KVFound<ArrayBuffer, Metadata>>;
    getWithMetadata<Metadata = unknown>(key: string, type: "stream" | { type: "stream" }): Promise<KVFound<ReadableStream, Metadata>>;
    /** Keys in the order of their bytes, at most 1,000 at a time; go on with `cursor` until `list_complete`. */
    list<Metadata = unknown>(options?: { prefix?: string | null; limit?: number; cursor?: string | null }): Promise<KVList<Metadata>>;
  }

  /** The app's key-value store. A write is on disk when its promise is fulfilled. */
  interface KVNamespace extends KVReader {
    put(
      key: string,
      value: string | ArrayBuffer | ArrayBufferView | ReadableStream | Blob,
      options?: {
        /** Seconds since 1970 at which the key goes. */
        expiration?: number;
        /** In how many seconds the key goes, 1 or more. */
        expirationTtl?: number;
        /** At most 1,024 bytes as JSON. */
        metadata?: unknown;
      },
    ): Promise<void>;
    delete(key: string): Promise<void>;
  }

  /** What the body of a test is given beside what Node gives. */
  interface TestContext {
    /** What the app's functions find in `env`: their configuration, a fresh key-value store, the secrets of `secrets.test.toml`. */
    readonly env: Env;
  }

  /** A function that answers requests. */
  type Fetch = (request: Request, env: Env, ctx: Context) => Response | Promise<Response>;

  /** The default export of a function. */
  interface Handler {
    fetch: Fetch;
    /** Kept, and answers once triggers exist. */
    scheduled?(event: unknown, env: Env, ctx: Context): void | Promise<void>;
    /** Kept, and answers once triggers exist. */
    queue?(batch: unknown, env: Env, ctx: Context): void | Promise<void>;
  }
}

declare module "*.txt" {
  const text: string;
  export default text;
}
declare module "*.html" {
  const text: string;
  export default text;
}
declare module "*.htm" {
  const text: string;
  export default text;
}
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "*.md" {
  const text: string;
  export default text;
}
declare module "*.sql" {
  const text: string;
  export default text;
}

// For tests. Install `@types/node` and run `serviceful types` again for more.
declare module "node:test" {
  type Body = () => void | Promise<void>;
  type TestBody = (context: TestContext) => void | Promise<void>;
  interface TestOptions {
    only?: boolean;
    skip?: boolean | string;
    todo?: boolean | string;
    /** Milliseconds. */
    timeout?: number;
  }
  /** What a test is given. */
  interface TestContext extends Serviceful.TestContext {
    readonly name: string;
    diagnostic(text: string): void;
    test(name: string, body: TestBody): Promise<void>;
    test(name: string, options: TestOptions, body: TestBody): Promise<void>;
  }
  interface Way<Of> {
    (name: string, body?: Of): void;
    (name: string, options: TestOptions, body?: Of): void;
  }
  interface Ways<Of> extends Way<Of> {
    skip: Way<Of>;
    todo: Way<Of>;
    only: Way<Of>;
  }
  export const test: Ways<TestBody>;
  export const it: typeof test;
  export const describe: Ways<() => void>;
  export const suite: typeof describe;
  export function before(body: Body): void;
  export function after(body: Body): void;
  export function beforeEach(body: Body): void;
  export function afterEach(body: Body): void;
  export default test;
}
declare module "node:assert" {
  function assert(value: unknown, message?: string | Error): asserts value;
  namespace assert {
    class AssertionError extends Error {
      readonly actual: unknown;
      readonly expected: unknown;
      readonly operator: string;
      readonly code: "ERR_ASSERTION";
    }
    function ok(value: unknown, message?: string | Error): asserts value;
    function fail(message?: string | Error): never;
    function equal(actual: unknown, expected: unknown, message?: string | Error): void;
    function notEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function strictEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T;
    function notStrictEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function deepEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function notDeepEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function deepStrictEqual<T>(actual: unknown, expected: T, message?: string | Error): asserts actual is T;
    function notDeepStrictEqual(actual: unknown, expected: unknown, message?: string | Error): void;
    function match(text: string, pattern: RegExp, message?: string | Error): void;
    function doesNotMatch(text: string, pattern: RegExp, message?: string | Error): void;
    function ifError(error: unknown): asserts error is null | undefined;
    function throws(body: () => unknown, expected?: unknown, message?: string): void;
    function doesNotThrow(body: () => unknown, message?: string): void;
    function rejects(promise: Promise<unknown> | (() => Promise<unknown>), expected?: unknown, message?: string): Promise<void>;
    function doesNotReject(promise: Promise<unknown> | (() => Promise<unknown>), message?: string): Promise<void>;
    const strict: typeof assert;
  }
  export = assert;
}
declare module "node:assert/strict" {
  import assert = require("node:assert");
  export = assert;
}
