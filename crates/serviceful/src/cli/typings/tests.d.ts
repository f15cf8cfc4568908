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
