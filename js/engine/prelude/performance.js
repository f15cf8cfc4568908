// performance and navigator.
(function (host, shared) {
  const KEY = Symbol();
  class PerformanceEntry {
    #values;
    constructor(key, values) { if (key !== KEY) throw new TypeError("entries come from performance.mark and measure"); this.#values = values; }
    get name() { return this.#values.name; }
    get entryType() { return this.#values.entryType; }
    get startTime() { return this.#values.startTime; }
    get duration() { return this.#values.duration; }
    get detail() { return this.#values.detail; }
    toJSON() { return { ...this.#values }; }
  }
  shared.tag(PerformanceEntry, "PerformanceEntry");

  // Most entries that are kept.
  const ENTRIES = 1_000;
  class Performance extends EventTarget {
    #entries = [];
    constructor(key) { if (key !== KEY) throw new TypeError("there is one `performance`"); super(); }
    // Since the request began.
    now() { return host.elapsed(); }
    get timeOrigin() { return host.now() - host.elapsed(); }
    mark(name, { startTime = host.elapsed(), detail = null } = {}) { return this.#add({ name: String(name), entryType: "mark", startTime, duration: 0, detail }); }
    measure(name, from, to) {
      const { start = 0, end, duration, detail = null } = typeof from === "object" && from !== null ? from : { start: from, end: to };
      const stop = end === undefined ? (duration === undefined ? host.elapsed() : this.#at(start) + duration) : this.#at(end);
      return this.#add({ name: String(name), entryType: "measure", startTime: this.#at(start), duration: stop - this.#at(start), detail });
    }
    #at(mark) {
      if (typeof mark === "number") return mark;
      const found = this.#entries.findLast((entry) => entry.entryType === "mark" && entry.name === String(mark));
      if (!found) throw shared.domError("SyntaxError", `there is no mark \`${mark}\``);
      return found.startTime;
    }
    #add(values) {
      const entry = new PerformanceEntry(KEY, values);
      if (this.#entries.length < ENTRIES) this.#entries.push(entry);
      return entry;
    }
    #clear(type, name) { this.#entries = this.#entries.filter((entry) => entry.entryType !== type || name !== undefined && entry.name !== name); }
    clearMarks(name) { this.#clear("mark", name); }
    clearMeasures(name) { this.#clear("measure", name); }
    getEntries() { return [...this.#entries].sort((a, b) => a.startTime - b.startTime); }
    getEntriesByName(name, type) { return this.getEntries().filter((entry) => entry.name === name && (type === undefined || entry.entryType === type)); }
    getEntriesByType(type) { return this.getEntries().filter((entry) => entry.entryType === type); }
    toJSON() { return { timeOrigin: this.timeOrigin }; }
  }
  shared.tag(Performance, "Performance");

  class Navigator {
    constructor(key) { if (key !== KEY) throw new TypeError("there is one `navigator`"); }
    get userAgent() { return "Serviceful"; }
    get hardwareConcurrency() { return 1; }
    get language() { return "en"; }
    get languages() { return ["en"]; }
  }
  shared.tag(Navigator, "Navigator");
  shared.define(globalThis, { Performance, PerformanceEntry, performance: new Performance(KEY), Navigator, navigator: new Navigator(KEY) });
})
