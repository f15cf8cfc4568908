// One request: what the host calls.
(function (host, shared) {
  const UNCAUGHT = 0, ANSWER = 6, STEP_UP = 8;
  const own = (name) => Object.getOwnPropertyDescriptor(Function.prototype, name).get;
  const fileOf = own("fileName"), lineOf = own("lineNumber"), columnOf = own("columnNumber"), call = Function.prototype.call.bind(Function.prototype.call);
  // Kinds of events; `EVENT` in the engine's abi.rs.
  const TIMER = 0, BODY = 1, DRAINED = 2, STUCK = 3, ANSWER_CAME = 4;
  // `Demand::AGE_S_MAX` of crates/types: no session lasts as long.
  const AGE_MAX = 30 * 86400;
  const RANK = ["none", "single-factor", "multi-factor", "phishing-resistant"];

  const { freeze, values } = Object;
  const frozen = (value) => {
    if (typeof value !== "object" || value === null) return value;
    for (const inner of values(value)) frozen(inner);
    return freeze(value);
  };

  // What answers this request, and where it begins, as a stack.
  let answering = null, drained = null;
  // The response is under way.
  let answered = false;
  const place = () => {
    try {
      const handler = typeof answering === "function" ? answering : answering.fetch;
      const name = Object.getOwnPropertyDescriptor(handler, "name")?.value;
      return `    at ${typeof name === "string" && name !== "" ? name : "<anonymous>"} (${call(fileOf, handler)}:${call(lineOf, handler)}:${call(columnOf, handler)})\n`;
    } catch { return ""; }
  };
  class Context {
    #caller;
    #signedInAt;
    constructor(caller) { this.#caller = caller; }
    // The verified caller, as `wit/identity` describes it. Nothing that the request carries can change it.
    get caller() {
      if (typeof this.#caller === "string") {
        const { authenticatedAtMs, ...caller } = JSON.parse(this.#caller);
        this.#signedInAt = authenticatedAtMs;
        // Frozen: `require` believes it, and packages get it, too.
        this.#caller = frozen(caller);
      }
      return this.#caller;
    }
    waitUntil(promise) {
      host.hold(true);
      Promise.resolve(promise).then(() => host.hold(false), (error) => {
        host.hold(false);
        shared.logError("waitUntil:", error);
      });
    }
    passThroughOnException() {}
    // Whether the caller may do this to that, by the app's own rules. Not a promise: one that nobody awaits would always be true.
    allowed(action, resource = "") {
      if (typeof action !== "string" || typeof resource !== "string") {
        throw new TypeError("ctx.allowed(action, resource) wants two texts");
      }
      const answer = host.allowed(action, resource);
      if (typeof answer === "string") throw new Error(`ctx.allowed: ${answer}`);
      return answer;
    }
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
      const bytes = shared.streamChunk(value);
      if (bytes.length && !host.bodyWrite(bytes)) await new Promise((resolve) => { drained = resolve; });
    }
    host.bodyEnd();
  };
  const refused = (words) => {
    const error = new TypeError(words);
    Object.defineProperty(error, "stack", { value: place() });
    host.fail(ANSWER, error);
  };
  const answer = (response) => {
    if (!(response instanceof Response)) {
      let what = response === undefined ? "nothing" : shared.show(response);
      if (what.length > 80) what = what.slice(0, 80) + "...";
      refused(`fetch returned ${what}, not a Response`);
      return;
    }
    if (response.status < 200) { refused("fetch returned Response.error()"); return; }
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

  // Methods for events that are no requests. The platform has no triggers yet; what waits for them is told.
  const EVENTS = ["scheduled", "queue"];
  const answers = (value) => typeof value === "function" || typeof value?.fetch === "function";
  // Names of the exports that can answer a request, one a line: functions, and objects with a method `fetch`. Then, with a dot, those
  // of the methods that wait for other events: `default.scheduled`.
  shared.handlers = (module) => {
    const names = Object.keys(module).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
    const waits = (name) => EVENTS.filter((event) => typeof module[name]?.[event] === "function").map((event) => `${name}.${event}`);
    return [...names.filter((name) => answers(module[name])), ...names.flatMap(waits)].join("\n");
  };
  // What was not granted is there, too, and says so when it is used. Nobody sees it who only looks at what there is.
  const absent = {
    DB: { configurable: true, get: () => shared.need("web:bindings").noDb },
    KV: { configurable: true, get: () => shared.need("web:bindings").noKv },
    SECRETS: { configurable: true, get: () => shared.need("web:bindings").noSecrets },
  };
  const { defineProperties } = Object, { parse } = JSON;

  shared.request = (module, name, method, url, hasBody, caller, config, given, packed) => {
    shared.requestUrl = url;
    try {
      const handler = answering = name === "" ? module.default : module[name];
      if (!answers(handler) && EVENTS.some((event) => typeof handler?.[event] === "function")) {
        refused(`the export ${name || "default"} has no method fetch, so it answers no request; what it has for other events answers once triggers exist`);
        return;
      }
      const request = new Request(shared.INCOMING, { method, url, hasBody, packed });
      const env = defineProperties(config === "" ? {} : parse(config), absent), context = new Context(caller);
      // Only the configuration: `process.env` is for what may be written down.
      shared.configured?.(env);
      if (given !== "") shared.need("web:bindings").give(env, parse(given));
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
      else if (kind === ANSWER_CAME) shared.answered(id);
      else if (kind === STUCK) host.stuck(place());
      else if (kind === DRAINED) { const waiting = drained; drained = null; waiting?.(); }
    } catch (error) {
      shared.report(error);
    }
  };
})
