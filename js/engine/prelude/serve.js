// One request: what the host calls.
(function (host, shared) {
  const UNCAUGHT = 0, ANSWER = 6, STEP_UP = 8;
  // Kinds of events; `EVENT` in the engine's abi.rs.
  const TIMER = 0, BODY = 1, DRAINED = 2;
  // `Demand::AGE_S_MAX` of crates/types: no session lasts as long.
  const AGE_MAX = 30 * 86400;
  const RANK = ["none", "single-factor", "multi-factor", "phishing-resistant"];

  let drained = null;
  // The response is under way.
  let answered = false;
  class Context {
    #caller;
    #signedInAt;
    constructor(caller) { this.#caller = caller; }
    // The verified caller, as `wit/identity` describes it. Nothing that the request carries can change it.
    get caller() {
      if (typeof this.#caller === "string") {
        const { authenticatedAtMs, ...caller } = JSON.parse(this.#caller);
        this.#signedInAt = authenticatedAtMs;
        this.#caller = caller;
      }
      return this.#caller;
    }
    waitUntil(promise) {
      host.hold(true);
      Promise.resolve(promise).then(() => host.hold(false), (error) => {
        host.hold(false);
        console.error("waitUntil:", error);
      });
    }
    passThroughOnException() {}
    // Goes on only if the caller is a person who proved at least this much, not longer ago than that. Otherwise the request ends:
    // the host is told at once, so that no `catch` on the way up makes anything else of it.
    require(assurance, maxAgeSeconds) {
      const wanted = RANK.indexOf(assurance);
      if (wanted < 0) throw new TypeError(`\`${assurance}\` is no assurance; there are ${RANK.join(", ")}`);
      if (maxAgeSeconds !== undefined && !(maxAgeSeconds >= 1 && maxAgeSeconds <= 0xffffffff && maxAgeSeconds % 1 === 0)) {
        throw new RangeError(`\`${maxAgeSeconds}\` is no age; write whole seconds, at least 1`);
      }
      const caller = this.caller;
      const has = caller.kind === "user" ? RANK.indexOf(caller.assurance) : -1;
      // As the platform counts: whole seconds, and a time to come is as old as can be.
      const age = host.now() - this.#signedInAt;
      const late = maxAgeSeconds !== undefined && !(age >= 0 && Math.floor(age / 1000) <= Math.min(maxAgeSeconds, AGE_MAX));
      if (has < wanted || late) {
        if (!answered) host.fail(STEP_UP, `${assurance} ${maxAgeSeconds ?? ""}`);
        throw new StepUp(assurance);
      }
      return caller;
    }
  }
  class StepUp extends Error {
    constructor(assurance) {
      super(`this needs a person who showed more, or lately: \`${assurance}\``);
      this.assurance = assurance;
    }
    get name() { return "StepUpRequired"; }
  }

  const pump = async (stream) => {
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const bytes = shared.chunkBytes(value);
      if (bytes.length && !host.bodyWrite(bytes)) await new Promise((resolve) => { drained = resolve; });
    }
    host.bodyEnd();
  };
  const answer = (response) => {
    if (!(response instanceof Response)) {
      let what = response === undefined ? "nothing" : shared.show(response);
      if (what.length > 80) what = what.slice(0, 80) + "...";
      host.fail(ANSWER, new TypeError(`fetch returned ${what}, not a Response`));
      return;
    }
    if (response.status < 200) { host.fail(ANSWER, new TypeError("fetch returned Response.error()")); return; }
    answered = true;
    const body = shared.takeBody(response), fields = shared.headerList(response.headers);
    if (body instanceof ReadableStream || body === shared.INCOMING) {
      host.respond(response.status, fields, undefined, true);
      pump(body instanceof ReadableStream ? body : response.body).catch(failed);
    } else {
      host.respond(response.status, fields, body, false);
    }
  };
  const failed = (error) => {
    host.fail(UNCAUGHT, error);
  };

  // Names of the exports that can answer a request, one a line: functions, and objects with a method `fetch`.
  shared.handlers = (module) => {
    const answers = (value) => typeof value === "function" || typeof value?.fetch === "function";
    return Object.keys(module).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && answers(module[name])).join("\n");
  };
  shared.request = (module, name, method, url, hasBody, caller, config, packed) => {
    shared.requestUrl = url;
    try {
      const handler = name === "" ? module.default : module[name];
      const request = new Request(shared.INCOMING, { method, url, hasBody, packed });
      const env = config === "" ? {} : JSON.parse(config), context = new Context(caller);
      shared.configured?.(env);
      const result = typeof handler === "function" ? handler(request, env, context) : handler.fetch(request, env, context);
      if (result instanceof Response) answer(result);
      else Promise.resolve(result).then(answer).catch(failed);
    } catch (error) {
      failed(error);
    }
  };
  shared.event = (kind, id) => {
    try {
      if (kind === TIMER) shared.timerFired(id);
      else if (kind === BODY) shared.bodyArrived();
      else if (kind === DRAINED) { const waiting = drained; drained = null; waiting?.(); }
    } catch (error) {
      shared.report(error);
    }
  };
})
