// node:test, as far as an app's own tests need it. Importing it registers nothing by itself; `run` answers the platform's
// `serviceful test`: without a query it lists the tests, with `?test=3` it runs the fourth, in an engine of its own.
(function () {
  const tests = [];
  // The suites that are being described, outermost first.
  const suites = [{ name: "", skip: false, before: [], after: [], beforeEach: [], afterEach: [] }];

  function parts(name, options, body) {
    if (typeof name === "function") return { name: name.name || "nameless", options: {}, body: name };
    if (typeof options === "function") return { name, options: {}, body: options };
    return { name, options: options ?? {}, body };
  }

  function add(fixed, ...given) {
    const { name, options, body } = parts(...given);
    const chain = [...suites], timeout = limit(options);
    const skip = fixed.skip || options.skip || options.todo || typeof body !== "function" || chain.some((suite) => suite.skip);
    tests.push({ name: [...chain.map((suite) => suite.name).filter(Boolean), name].join(" > "), skip: Boolean(skip), only: Boolean(fixed.only || options.only), body, chain, timeout });
  }

  // How many milliseconds a test may take, if it says so; the app's limits hold in any case.
  function limit({ timeout }) {
    if (timeout === undefined || timeout === Infinity) return Infinity;
    if (typeof timeout !== "number" || !(timeout >= 0)) throw new TypeError("`timeout` of a test is a number of milliseconds");
    return timeout;
  }

  async function within(ms, act) {
    if (ms === Infinity) return act();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the test took longer than its timeout of ${ms} ms`)), ms);
    });
    const began = performance.now();
    try {
      const result = await Promise.race([act(), late]);
      // One that never waits keeps the timer from coming.
      if (performance.now() - began > ms) await late;
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  function group(fixed, ...given) {
    const { name, options, body } = parts(...given);
    suites.push({ name, skip: Boolean(fixed.skip || options.skip || options.todo), before: [], after: [], beforeEach: [], afterEach: [] });
    try {
      const result = body?.();
      if (typeof result?.then === "function") throw new TypeError(`describe("${name}") must not be asynchronous`);
    } finally {
      suites.pop();
    }
  }

  function shaped(act) {
    const made = (...given) => act({}, ...given);
    made.skip = (...given) => act({ skip: true }, ...given);
    made.todo = (...given) => act({ skip: true }, ...given);
    made.only = (...given) => act({ only: true }, ...given);
    return made;
  }

  const hook = (when) => (body) => void suites[suites.length - 1][when].push(body);

  const test = shaped(add);
  const it = test;
  const describe = shaped(group);
  const suite = describe;
  const before = hook("before");
  const after = hook("after");
  const beforeEach = hook("beforeEach");
  const afterEach = hook("afterEach");

  // What a test's body is given: beside Node's, what the app's functions find in `env`.
  class TestContext {
    constructor(name, env) {
      this.name = name;
      this.env = env;
    }
    diagnostic(text) {
      console.log(text);
    }
    async test(name, options, body) {
      const step = parts(name, options, body);
      const act = async () => step.body(new TestContext(`${this.name} > ${step.name}`, this.env));
      if (!step.options.skip && !step.options.todo) await within(limit(step.options), act);
    }
  }

  async function perform({ name, body, chain, timeout }, env) {
    const inward = (when) => chain.flatMap((suite) => suite[when]);
    const outward = (when) => [...chain].reverse().flatMap((suite) => suite[when]);
    try {
      for (const act of [...inward("before"), ...inward("beforeEach")]) await act();
      await within(timeout, async () => body(new TestContext(name, env)));
    } finally {
      for (const act of [...outward("afterEach"), ...outward("after")]) await act();
    }
  }

  // An error that leaves here is told by the platform, with its place in the user's file.
  async function run(request, env) {
    const number = new URL(request.url).searchParams.get("test");
    const only = tests.some((one) => one.only);
    const listed = tests.map((one) => ({ name: one.name, skip: one.skip || (only && !one.only) }));
    if (number === null) return Response.json(listed);
    await perform(tests[Number(number)], env);
    return new Response("passed\n");
  }

  return { test, it, describe, suite, before, after, beforeEach, afterEach, run, default: test };
})
