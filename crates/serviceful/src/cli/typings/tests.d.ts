// For tests. Install `@types/node` and run `serviceful types` again for more.
declare module "node:test" {
  type Body = () => void | Promise<void>;
  /** What a test is given. */
  interface TestContext {
    readonly name: string;
    /** What the app's functions find in `env`: their configuration, a fresh key-value store, the secrets of `secrets.test.toml`. */
    readonly env: Serviceful.Env;
    diagnostic(text: string): void;
  }
  export function test(name: string, body: (context: TestContext) => void | Promise<void>): void;
  export function describe(name: string, body: () => void): void;
  export const it: typeof test;
  export function before(body: Body): void;
  export function after(body: Body): void;
  export function beforeEach(body: Body): void;
  export function afterEach(body: Body): void;
  export default test;
}
declare module "node:assert" {
  function assert(value: unknown, message?: string): asserts value;
  namespace assert {
    function ok(value: unknown, message?: string): asserts value;
    function equal(actual: unknown, expected: unknown, message?: string): void;
    function strictEqual(actual: unknown, expected: unknown, message?: string): void;
    function deepEqual(actual: unknown, expected: unknown, message?: string): void;
    function deepStrictEqual(actual: unknown, expected: unknown, message?: string): void;
    function notEqual(actual: unknown, expected: unknown, message?: string): void;
    function match(text: string, pattern: RegExp, message?: string): void;
    function throws(body: () => unknown, expected?: unknown, message?: string): void;
    function rejects(promise: Promise<unknown> | (() => Promise<unknown>), expected?: unknown): Promise<void>;
  }
  export default assert;
}
