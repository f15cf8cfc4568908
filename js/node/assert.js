// node:assert
(function (host, shared, need) {
  need("node:util");
  class AssertionError extends Error {
    constructor({ message, actual, expected, operator, stackStartFn } = {}) {
      const shown = (value) => shared.inspect(value, { depth: 4 });
      super(message ?? (operator === "fail" ? "Failed" : `Expected values to be ${operator}:\n\n${shown(actual)} should be ${shown(expected)}`));
      Object.assign(this, { name: "AssertionError", code: "ERR_ASSERTION", generatedMessage: message === undefined, actual, expected, operator });
      if (stackStartFn) Error.captureStackTrace?.(this, stackStartFn);
    }
  }
  const fail = (message, actual, expected, operator) => {
    if (message instanceof Error) throw message;
    throw new AssertionError({ message, actual, expected, operator });
  };
  const compare = (operator, holds) => (actual, expected, message) => { if (!holds(actual, expected)) fail(message, actual, expected, operator); };
  const ok = (value, message) => { if (!value) fail(message ?? "The expression evaluated to a falsy value", value, true, "=="); };
  // Whether an error is what was wanted: a class, a pattern, a check, or an object with some of its properties.
  const fits = (error, wanted, message) => {
    if (wanted === undefined) return;
    if (wanted instanceof RegExp) { if (!wanted.test(String(error))) fail(message ?? `The error ${error} does not match ${wanted}`, error, wanted, "throws"); return; }
    if (typeof wanted === "function") {
      if (wanted.prototype !== undefined && error instanceof wanted) return;
      if (Error.isPrototypeOf(wanted)) throw error;
      if (wanted.call({}, error) !== true) fail(message ?? "The validation function did not return true", error, wanted, "throws");
      return;
    }
    for (const name of [...Object.keys(wanted), ...wanted instanceof Error ? ["name", "message"] : []]) {
      const [found, value] = [error?.[name], wanted[name]];
      const same = value instanceof RegExp && typeof found === "string" ? value.test(found) : shared.equal(found, value, true);
      if (!same) fail(message, error, wanted, "throws");
    }
  };
  const split = (wanted, message) => typeof wanted === "string" ? [undefined, wanted] : [wanted, message];
  const missing = (what, message) => fail(message ?? `Missing expected ${what}.`, undefined, undefined, "throws");
  const promise = (given) => typeof given === "function" ? given() : given;
  const assert = Object.assign((value, message) => ok(value, message), {
    AssertionError, ok,
    fail: (message) => fail(message ?? "Failed", undefined, undefined, "fail"),
    equal: compare("loosely equal", (a, b) => a == b || a !== a && b !== b), notEqual: compare("loosely unequal", (a, b) => a != b && (a === a || b === b)),
    strictEqual: compare("strictly equal", Object.is), notStrictEqual: compare("strictly unequal", (a, b) => !Object.is(a, b)),
    deepEqual: compare("loosely deep-equal", (a, b) => shared.equal(a, b, false)), notDeepEqual: compare("not loosely deep-equal", (a, b) => !shared.equal(a, b, false)),
    deepStrictEqual: compare("strictly deep-equal", (a, b) => shared.equal(a, b, true)), notDeepStrictEqual: compare("not strictly deep-equal", (a, b) => !shared.equal(a, b, true)),
    match: compare("a match of", (text, pattern) => pattern.test(text)), doesNotMatch: compare("no match of", (text, pattern) => !pattern.test(text)),
    ifError(error) { if (error !== null && error !== undefined) throw error; },
    throws(run, ...rest) {
      const [wanted, message] = split(...rest);
      let error;
      try { run(); } catch (thrown) { error = [thrown]; }
      if (!error) missing("exception", message);
      fits(error[0], wanted, message);
    },
    doesNotThrow(run, ...rest) { const [, message] = split(...rest); try { run(); } catch (error) { fail(message ?? `Got unwanted exception: ${error?.message ?? error}`, error, undefined, "doesNotThrow"); } },
    async rejects(given, ...rest) {
      const [wanted, message] = split(...rest);
      let error;
      try { await promise(given); } catch (thrown) { error = [thrown]; }
      if (!error) missing("rejection", message);
      fits(error[0], wanted, message);
    },
    async doesNotReject(given, ...rest) { const [, message] = split(...rest); try { await promise(given); } catch (error) { fail(message ?? `Got unwanted rejection: ${error?.message ?? error}`, error, undefined, "doesNotReject"); } },
  });
  const strict = Object.assign((value, message) => ok(value, message), assert, { equal: assert.strictEqual, notEqual: assert.notStrictEqual, deepEqual: assert.deepStrictEqual, notDeepEqual: assert.notDeepStrictEqual });
  assert.strict = strict.strict = strict;
  return { ...assert, default: assert };
})
