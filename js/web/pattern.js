// URLPattern. The host takes patterns and URLs apart (the Rust crate `urlpattern`); what is matched is matched here, as JavaScript's
// regular expressions, within the limits of the request.
(function (host, shared) {
  const COMPILE = 6, INPUT = 7;
  const PARTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
  // What the host reads: 1 and the text, or 0 and the parts of an object; then the base.
  const describe = (input, base) => {
    if (typeof input !== "object" || input === null) return ["1", String(input), base === undefined ? "" : "=" + String(base)];
    if (base !== undefined) throw new TypeError("a base URL goes with text, not with an object");
    const list = ["0", "", ""];
    for (const name of [...PARTS, "baseURL"]) if (input[name] !== undefined) list.push(name, String(input[name]));
    return list;
  };

  class URLPattern {
    #parts = {}; #groups;
    constructor(input = {}, base = undefined, options = undefined) {
      if (typeof base === "object" && base !== null) { options = base; base = undefined; }
      const ignoreCase = !!options?.ignoreCase;
      const answer = host.text(COMPILE, [ignoreCase ? "1" : "0", ...describe(input, base)]);
      if (!answer || answer.length === 1) throw new TypeError(`this is no URL pattern: ${answer?.[0] ?? "it is too long"}`);
      this.#groups = answer[0] === "1";
      let at = 1;
      for (const name of PARTS) {
        const [pattern, expression, count] = answer.slice(at, at + 3), names = answer.slice(at + 3, at += 3 + Number(count));
        let matcher;
        try { matcher = new RegExp(expression, ignoreCase ? "ui" : "u"); } catch (error) {
          throw new TypeError(`this is no URL pattern: ${name}: ${error.message}`);
        }
        this.#parts[name] = { pattern, matcher, names };
      }
    }
    get hasRegExpGroups() { return this.#groups; }
    static {
      for (const name of PARTS) {
        Object.defineProperty(URLPattern.prototype, name, { get() { return this.#parts[name].pattern; }, enumerable: true, configurable: true });
      }
    }
    test(input = {}, base = undefined) { return this.#match(input, base) !== null; }
    exec(input = {}, base = undefined) { return this.#match(input, base); }
    #match(input, base) {
      const values = host.text(INPUT, describe(input, base));
      if (!values) return null;
      const result = { inputs: base === undefined ? [input] : [input, String(base)] };
      for (const [at, name] of PARTS.entries()) {
        const { matcher, names } = this.#parts[name], found = matcher.exec(values[at]);
        if (!found) return null;
        result[name] = { input: values[at], groups: Object.fromEntries(names.map((group, n) => [group, found[n + 1]])) };
      }
      return result;
    }
  }
  shared.tag(URLPattern, "URLPattern");
  return { URLPattern };
})
