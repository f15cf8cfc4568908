// `Intl`, in the English of the United States: numbers, plurals, lists, spans of time, order. Dates are in web/intl_date.js. Whoever
// asks for another language gets this one, as the standard has it, and `resolvedOptions()` says so.
(function (host, shared, need) {
  const LOCALE = "en-US", NBSP = "\u00a0";
  const { defineProperty } = Object;

  // ---- locales
  const TAG = /^[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i;
  const canonical = (tag) => {
    if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) throw new TypeError("a locale is a text or an `Intl.Locale`");
    const text = String(tag);
    if (!TAG.test(text)) throw new RangeError(`\`${text}\` is no language tag`);
    let extension = false;
    return text.split("-").map((part, at) => {
      if (part.length === 1) extension = true;
      if (at === 0 || extension) return part.toLowerCase();
      if (part.length === 4 && /^[a-z]/i.test(part)) return part[0].toUpperCase() + part.slice(1).toLowerCase();
      return part.length === 2 ? part.toUpperCase() : part.toLowerCase();
    }).join("-");
  };
  const canonicals = (locales) => {
    if (locales === undefined) return [];
    if (locales === null) throw new TypeError("`null` is no locale");
    const list = typeof locales === "string" || locales instanceof Locale ? [locales] : Array.from(locales);
    return [...new Set(list.map(canonical))];
  };
  class Locale {
    #tag;
    constructor(tag, options = {}) {
      let text = canonical(tag);
      const { language, script, region } = options;
      if (language !== undefined || script !== undefined || region !== undefined) {
        const parts = taken(text);
        text = canonical([language ?? parts.language, script ?? parts.script, region ?? parts.region, ...parts.rest].filter((part) => part !== undefined).join("-"));
      }
      this.#tag = text;
    }
    get language() { return taken(this.#tag).language; }
    get script() { return taken(this.#tag).script; }
    get region() { return taken(this.#tag).region; }
    get baseName() { return this.#tag.replace(/-[a-z\d]-.*$/, ""); }
    toString() { return this.#tag; }
  }
  const taken = (tag) => {
    const [language, ...rest] = tag.split("-");
    const script = rest[0]?.length === 4 ? rest.shift() : undefined;
    const region = rest[0]?.length === 2 || /^\d{3}$/.test(rest[0] ?? "") ? rest.shift() : undefined;
    return { language, script, region, rest };
  };
  const isOurs = (tag) => /^en(?:-US)?(?:-[a-z\d]-.*)?$/.test(tag);
  const supportedLocalesOf = (locales) => canonicals(locales).filter(isOurs);
  const localeOf = (locales) => canonicals(locales).some((tag) => /^en(?!-US)(?:-[a-z]-.*)?$/.test(tag)) ? "en" : LOCALE;

  // ---- options
  const choice = (options, name, allowed, otherwise) => {
    const value = options[name];
    if (value === undefined) return otherwise;
    const text = String(value);
    if (!allowed.includes(text)) throw new RangeError(`\`${text}\` is no value of \`${name}\`; there are ${allowed.join(", ")}`);
    return text;
  };
  const count = (options, name, least, most, otherwise) => {
    const value = options[name];
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (!(number >= least && number <= most)) throw new RangeError(`\`${name}\` is a number from ${least} to ${most}`);
    return Math.floor(number);
  };
  const object = (options) => {
    if (options === null) throw new TypeError("the options are an object");
    return options === undefined ? {} : Object(options);
  };
  // Called without `new`, too; `format` of an instance is bound to it.
  const service = (Class) => {
    const Callable = function (locales, options) { return Reflect.construct(Class, [locales, options], new.target ?? Callable); };
    defineProperty(Callable, "name", { value: Class.name });
    defineProperty(Callable, "prototype", { value: Class.prototype, writable: false });
    defineProperty(Callable.prototype, "constructor", { value: Callable, writable: true, configurable: true });
    return Callable;
  };
  const finish = (Class, name) => {
    defineProperty(Class, "supportedLocalesOf", { value: { supportedLocalesOf }.supportedLocalesOf, writable: true, configurable: true });
    defineProperty(Class.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
    return Class;
  };

  // ---- decimals: 0.digits times ten to the point
  const decimal = (value) => {
    const [mantissa, exponent = 0] = String(value).split("e");
    const [whole, part = ""] = mantissa.split(".");
    const all = whole + part, digits = all.replace(/^0+/, "");
    return digits === "" ? { digits, point: 0 } : { digits: digits.replace(/0+$/, ""), point: whole.length + Number(exponent) - (all.length - digits.length) };
  };
  // To that many digits, away from zero when it is half.
  const rounded = ({ digits, point }, keep) => {
    if (keep >= digits.length) return { digits, point };
    if (keep < 0) return { digits: "", point: 0 };
    if (digits[keep] < "5") return trimmed(digits.slice(0, keep), point);
    const kept = [...digits.slice(0, keep)];
    let at = keep - 1;
    while (at >= 0 && kept[at] === "9") kept[at--] = "0";
    if (at < 0) return trimmed("1" + kept.join(""), point + 1);
    kept[at] = String(Number(kept[at]) + 1);
    return trimmed(kept.join(""), point);
  };
  const trimmed = (digits, point) => {
    const text = digits.replace(/0+$/, "");
    return text === "" ? { digits: text, point: 0 } : { digits: text, point };
  };
  const wholeOf = ({ digits, point }) => point > 0 ? digits.slice(0, point).padEnd(point, "0") : "";
  const partOf = ({ digits, point }) => point >= digits.length ? "" : "0".repeat(Math.max(0, -point)) + digits.slice(Math.max(0, point));

  // ---- NumberFormat
  const SYMBOLS = { AUD: "A$", BRL: "R$", CAD: "CA$", CNY: "CN¥", EUR: "€", GBP: "£", HKD: "HK$", ILS: "₪", INR: "₹", JPY: "¥", KRW: "₩", MXN: "MX$", NZD: "NZ$", PHP: "₱", TWD: "NT$", USD: "$", VND: "₫", XAF: "FCFA", XCD: "EC$", XOF: "F\u202fCFA", XPF: "CFPF" };
  const NAMES = { AUD: "Australian dollar", CAD: "Canadian dollar", EUR: "euro", GBP: "British pound", USD: "US dollar", NZD: "New Zealand dollar" };
  const INVARIANT = { CHF: "Swiss francs", CNY: "Chinese yuan", JPY: "Japanese yen" };
  const WHOLE = ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
  const THREE = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
  // Short for one, short for more; narrow where it differs by more than the space.
  const UNITS = { bit: ["bit", "bit"], byte: ["byte", "byte", "B"], kilobyte: ["kB"], megabyte: ["MB"], gigabyte: ["GB"], terabyte: ["TB"], celsius: ["°C"], fahrenheit: ["°F"], centimeter: ["cm"], meter: ["m"], kilometer: ["km"], inch: ["in"], foot: ["ft"], mile: ["mi"], gram: ["g"], kilogram: ["kg"], ounce: ["oz"], pound: ["lb"], liter: ["L"], milliliter: ["mL"], millisecond: ["ms"], second: ["sec", "sec", "s"], minute: ["min", "min", "m"], hour: ["hr", "hr", "h"], day: ["day", "days", "d"], week: ["wk", "wks", "w"], month: ["mth", "mths", "m"], year: ["yr", "yrs", "y"], percent: ["%"], degree: ["deg", "deg", "°"], "kilometer-per-hour": ["km/h"], "mile-per-hour": ["mph"] };
  const SHORT = ["", "K", "M", "B", "T"], LONG = ["", " thousand", " million", " billion", " trillion"];
  const longUnit = (unit, one) => {
    const [first, per] = unit.split("-per-");
    const word = { celsius: "degree Celsius", fahrenheit: "degree Fahrenheit", percent: "percent" }[first] ?? first;
    const more = first === "foot" ? "feet" : first === "inch" ? "inches" : first === "percent" ? word : word.startsWith("degree") ? word.replace("degree", "degrees") : `${word}s`;
    return (one ? word : more) + (per === undefined ? "" : ` per ${per}`);
  };

  class NumberFormat {
    #o;
    #bound;
    constructor(locales, options) {
      const locale = localeOf(locales);
      options = object(options);
      const style = choice(options, "style", ["decimal", "percent", "currency", "unit"], "decimal");
      const o = this.#o = { locale, numberingSystem: "latn", style };
      if (options.currency !== undefined && !/^[a-z]{3}$/i.test(String(options.currency))) throw new RangeError(`\`${options.currency}\` is no currency; write three letters`);
      if (style === "currency") {
        if (options.currency === undefined) throw new TypeError("the style `currency` wants a `currency`");
        o.currency = String(options.currency).toUpperCase();
        o.currencyDisplay = choice(options, "currencyDisplay", ["symbol", "narrowSymbol", "code", "name"], "symbol");
        o.currencySign = choice(options, "currencySign", ["standard", "accounting"], "standard");
      }
      if (style === "unit") {
        if (options.unit === undefined) throw new TypeError("the style `unit` wants a `unit`");
        o.unit = String(options.unit);
        if (!Object.hasOwn(UNITS, o.unit)) throw new RangeError(`\`${o.unit}\` is no unit here; there are ${Object.keys(UNITS).join(", ")}`);
        o.unitDisplay = choice(options, "unitDisplay", ["short", "narrow", "long"], "short");
      }
      const notation = choice(options, "notation", ["standard", "scientific", "engineering", "compact"], "standard");
      const money = style === "currency" && notation === "standard" ? WHOLE.includes(o.currency) ? 0 : THREE.includes(o.currency) ? 3 : 2 : 0;
      digitOptions(o, options, money, Math.max(money, style === "percent" || style === "currency" ? money : 3), notation);
      o.useGrouping = grouping(options.useGrouping, notation);
      o.notation = notation;
      if (notation === "compact") o.compactDisplay = choice(options, "compactDisplay", ["short", "long"], "short");
      o.signDisplay = choice(options, "signDisplay", ["auto", "always", "never", "exceptZero", "negative"], "auto");
      o.roundingIncrement = 1;
      o.roundingMode = choice(options, "roundingMode", ["halfExpand"], "halfExpand");
      o.roundingPriority = "auto";
      o.trailingZeroDisplay = choice(options, "trailingZeroDisplay", ["auto", "stripIfInteger"], "auto");
    }
    get format() { return this.#bound ??= (value) => joined(this.formatToParts(value)); }
    formatToParts(value) { return numberParts(this.#o, numeric(value)); }
    formatRange(from, to) {
      const [a, b] = [this.format(from), this.format(to)];
      return a === b ? `~${a}` : `${a}–${b}`;
    }
    resolvedOptions() { return { ...this.#o }; }
  }
  const joined = (parts) => parts.map(({ value }) => value).join("");
  const numeric = (value) => {
    if (typeof value === "bigint") return value;
    if (typeof value === "string" && /^\s*[+-]?\d{16,}\s*$/.test(value)) return BigInt(value.trim().replace(/^\+/, ""));
    return Number(value);
  };
  const grouping = (value, notation) => {
    if (value === undefined) return notation === "compact" ? "min2" : "auto";
    if (value === false || value === "false") return value === false ? false : notation === "compact" ? "min2" : "auto";
    if (value === true || value === "always") return "always";
    return choice({ useGrouping: value }, "useGrouping", ["min2", "auto", "always", "true"], "auto");
  };
  const digitOptions = (o, options, least, most, notation) => {
    o.minimumIntegerDigits = count(options, "minimumIntegerDigits", 1, 21, 1);
    const { minimumFractionDigits: minF, maximumFractionDigits: maxF, minimumSignificantDigits: minS, maximumSignificantDigits: maxS } = options;
    if (minS !== undefined || maxS !== undefined) {
      o.minimumSignificantDigits = count(options, "minimumSignificantDigits", 1, 21, 1);
      o.maximumSignificantDigits = count(options, "maximumSignificantDigits", o.minimumSignificantDigits, 21, 21);
      return;
    }
    o.isCompactRounding = notation === "compact" && minF === undefined && maxF === undefined;
    const min = count(options, "minimumFractionDigits", 0, 100), max = count(options, "maximumFractionDigits", 0, 100);
    if (min !== undefined && max !== undefined && min > max) throw new RangeError("`minimumFractionDigits` is above `maximumFractionDigits`");
    o.minimumFractionDigits = min ?? Math.min(least, max ?? least);
    o.maximumFractionDigits = max ?? Math.max(most, o.minimumFractionDigits);
    if (o.isCompactRounding) o.minimumFractionDigits = o.maximumFractionDigits = 0;
    defineProperty(o, "isCompactRounding", { enumerable: false });
  };
  const roundTo = (o, value) => {
    if (o.maximumSignificantDigits !== undefined) return rounded(value, o.maximumSignificantDigits);
    if (o.isCompactRounding) return rounded(value, Math.max(value.point, 2));
    return rounded(value, value.point + o.maximumFractionDigits);
  };
  const numberParts = (o, value) => {
    const isNegative = value < 0 || Object.is(value, -0);
    let body, isZero = false, isOne = false;
    if (typeof value === "number" && !Number.isFinite(value)) {
      body = Number.isNaN(value) ? [{ type: "nan", value: "NaN" }] : [{ type: "infinity", value: "∞" }];
    } else {
      let number = decimal(typeof value === "bigint" ? value < 0n ? -value : value : Math.abs(value)), exponent = 0;
      if (o.style === "percent" && number.digits !== "") number.point += 2;
      if (o.notation !== "standard" && number.digits !== "") {
        const shift = (point) => o.notation === "scientific" ? point - 1 : Math.min(Math.max(Math.floor((point - 1) / 3), o.notation === "compact" ? 0 : -99), o.notation === "compact" ? 4 : 99) * 3;
        exponent = shift(number.point);
        // Rounding may give one digit more.
        const grown = roundTo(o, { ...number, point: number.point - exponent });
        exponent = shift(grown.digits === "" ? number.point : grown.point + exponent);
        number = { ...number, point: number.point - exponent };
      }
      number = roundTo(o, number);
      isZero = number.digits === "";
      body = digitParts(o, number);
      isOne = joined(body) === "1" && exponent === 0;
      if (o.notation === "compact" && exponent > 0) {
        const word = (o.compactDisplay === "long" ? LONG : SHORT)[exponent / 3];
        if (word[0] === " ") body.push({ type: "literal", value: " " });
        body.push({ type: "compact", value: word.trim() });
      } else if (o.notation === "scientific" || o.notation === "engineering") {
        body.push({ type: "exponentSeparator", value: "E" });
        if (exponent < 0) body.push({ type: "exponentMinusSign", value: "-" });
        body.push({ type: "exponentInteger", value: String(Math.abs(exponent)) });
      }
    }
    const nan = Number.isNaN(value);
    const sign = { auto: isNegative ? "-" : "", always: isNegative ? "-" : "+", never: "", exceptZero: isZero || nan ? "" : isNegative ? "-" : "+", negative: isNegative && !isZero ? "-" : "" }[o.signDisplay];
    const parts = dressed(o, body, isOne, sign !== "" && sign === "-" && o.currencySign === "accounting");
    if (sign !== "" && !(sign === "-" && o.currencySign === "accounting")) parts.unshift({ type: sign === "-" ? "minusSign" : "plusSign", value: sign });
    return parts;
  };
  const digitParts = (o, number) => {
    let whole = wholeOf(number).padStart(o.minimumIntegerDigits, "0"), part = partOf(number);
    if (o.maximumSignificantDigits !== undefined) {
      const shown = number.digits === "" ? 1 : number.point > 0 ? number.point + part.length : number.digits.length;
      part += "0".repeat(Math.max(0, o.minimumSignificantDigits - shown));
    } else part = part.padEnd(o.minimumFractionDigits, "0");
    if (o.trailingZeroDisplay === "stripIfInteger" && /^0*$/.test(part)) part = "";
    const parts = [];
    const isGrouped = o.useGrouping !== false && whole.length > (o.useGrouping === "min2" ? 4 : 3);
    for (const group of isGrouped ? whole.match(/\d{1,3}(?=(?:\d{3})*$)/g) : [whole]) {
      if (parts.length) parts.push({ type: "group", value: "," });
      parts.push({ type: "integer", value: group });
    }
    if (part !== "") parts.push({ type: "decimal", value: "." }, { type: "fraction", value: part });
    return parts;
  };
  const dressed = (o, body, isOne, isBracketed) => {
    if (o.style === "percent") return [...body, { type: "percentSign", value: "%" }];
    if (o.style === "unit") {
      const [one, more = one, narrow = one] = UNITS[o.unit];
      if (o.unitDisplay === "long") return [...body, { type: "literal", value: " " }, { type: "unit", value: longUnit(o.unit, isOne) }];
      const word = o.unitDisplay === "narrow" ? narrow : isOne ? one : more;
      const gap = /^[°%]/.test(word) || o.unitDisplay === "narrow" ? [] : [{ type: "literal", value: " " }];
      return o.unit === "percent" ? [...body, { type: "unit", value: "%" }] : [...body, ...gap, { type: "unit", value: word }];
    }
    if (o.style !== "currency") return [...body];
    const { currency, currencyDisplay } = o;
    if (currencyDisplay === "name") {
      const name = INVARIANT[currency] ?? (NAMES[currency] === undefined ? currency : NAMES[currency] + (isOne ? "" : "s"));
      return [...body, { type: "literal", value: " " }, { type: "currency", value: name }];
    }
    const known = SYMBOLS[currency] ?? currency;
    const symbol = currencyDisplay === "code" ? currency : currencyDisplay === "narrowSymbol" ? known.replace(/^[A-Z]+(?=[$¥])/, "") : known;
    const parts = [{ type: "currency", value: symbol }];
    if (/[A-Za-z]$/.test(symbol)) parts.push({ type: "literal", value: NBSP });
    parts.push(...body);
    return isBracketed ? [{ type: "literal", value: "(" }, ...parts, { type: "literal", value: ")" }] : parts;
  };

  // ---- PluralRules
  class PluralRules {
    #o;
    constructor(locales, options) {
      const locale = localeOf(locales);
      options = object(options);
      const o = this.#o = { locale, type: choice(options, "type", ["cardinal", "ordinal"], "cardinal") };
      digitOptions(o, options, 0, 3, "standard");
      o.pluralCategories = o.type === "ordinal" ? ["few", "one", "two", "other"] : ["one", "other"];
    }
    select(value) {
      const number = Number(value);
      if (!Number.isFinite(number)) return "other";
      const text = joined(digitParts({ ...this.#o, useGrouping: false }, roundTo(this.#o, decimal(Math.abs(number)))));
      if (this.#o.type === "cardinal") return text === "1" ? "one" : "other";
      const [ten, hundred] = [Math.abs(number) % 10, Math.abs(number) % 100];
      if (ten === 1 && hundred !== 11) return "one";
      if (ten === 2 && hundred !== 12) return "two";
      return ten === 3 && hundred !== 13 ? "few" : "other";
    }
    resolvedOptions() { return { ...this.#o, pluralCategories: [...this.#o.pluralCategories] }; }
  }

  // ---- RelativeTimeFormat
  const TIMES = { second: "sec.", minute: "min.", hour: "hr.", day: "day", week: "wk.", month: "mo.", quarter: "qtr.", year: "yr." };
  const AUTO = { second: [, "now"], minute: [, "this minute"], hour: [, "this hour"], day: ["yesterday", "today", "tomorrow"], week: ["last week", "this week", "next week"], month: ["last month", "this month", "next month"], quarter: ["last quarter", "this quarter", "next quarter"], year: ["last year", "this year", "next year"] };
  const SHORT_AUTO = { week: "wk.", month: "mo.", quarter: "qtr.", year: "yr." };
  const NARROW = { second: "s", minute: "m", hour: "h", day: "d", week: "w", month: "mo", quarter: "q", year: "y" };
  class RelativeTimeFormat {
    #o;
    #number;
    constructor(locales, options) {
      const locale = localeOf(locales);
      options = object(options);
      this.#o = { locale, style: choice(options, "style", ["long", "short", "narrow"], "long"), numeric: choice(options, "numeric", ["always", "auto"], "always"), numberingSystem: "latn" };
      this.#number = new NumberFormat(locale);
    }
    format(value, unit) { return joined(this.formatToParts(value, unit)); }
    formatToParts(value, unit) {
      const number = Number(value), name = String(unit).replace(/s$/, ""), { style } = this.#o;
      if (!Number.isFinite(number)) throw new RangeError(`\`${value}\` is no span of time`);
      if (!Object.hasOwn(TIMES, name)) throw new RangeError(`\`${unit}\` is no unit of time; there are ${Object.keys(TIMES).join(", ")}`);
      if (this.#o.numeric === "auto" && (number === 0 || number === 1 || number === -1)) {
        const said = AUTO[name][Object.is(number, -0) ? 1 : number + 1];
        if (said !== undefined) return [{ type: "literal", value: style === "long" || name === "day" ? said : said.replace(name, SHORT_AUTO[name] ?? name) }];
      }
      const parts = this.#number.formatToParts(Math.abs(number)).map((part) => ({ ...part, unit: name })), isOne = Math.abs(number) === 1;
      let word = ` ${name}${isOne ? "" : "s"}`;
      if (style === "short") word = ` ${name === "day" || name === "quarter" && !isOne ? name === "day" ? `day${isOne ? "" : "s"}` : "qtrs." : TIMES[name]}`;
      if (style === "narrow") word = NARROW[name];
      const isPast = number < 0 || Object.is(number, -0);
      return isPast ? [...parts, { type: "literal", value: `${word} ago` }] : [{ type: "literal", value: "in " }, ...parts, { type: "literal", value: word }];
    }
    resolvedOptions() { return { ...this.#o }; }
  }

  // ---- ListFormat
  class ListFormat {
    #o;
    constructor(locales, options) {
      const locale = localeOf(locales);
      options = object(options);
      this.#o = { locale, type: choice(options, "type", ["conjunction", "disjunction", "unit"], "conjunction"), style: choice(options, "style", ["long", "short", "narrow"], "long") };
    }
    format(list) { return joined(this.formatToParts(list)); }
    formatToParts(list) {
      const items = list === undefined ? [] : [...list], { type, style } = this.#o, parts = [];
      const word = type === "unit" ? "" : type === "disjunction" ? "or" : style === "long" ? "and" : style === "short" ? "&" : "";
      for (const [at, item] of items.entries()) {
        if (typeof item !== "string") throw new TypeError("a list is one of texts");
        const isLast = at === items.length - 1;
        if (at > 0 && type === "unit") parts.push({ type: "literal", value: style === "narrow" ? " " : ", " });
        else if (at > 0) parts.push({ type: "literal", value: !isLast || word === "" ? ", " : items.length === 2 ? ` ${word} ` : `, ${word} ` });
        parts.push({ type: "element", value: item });
      }
      return parts;
    }
    resolvedOptions() { return { ...this.#o }; }
  }

  // ---- Collator: letters first, then accents, then case; signs before digits before letters
  const SIGNS = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
  const rank = (char) => /\p{L}/u.test(char) ? 3 : /\p{N}/u.test(char) ? 2 : /\s/u.test(char) ? 0 : 1;
  class Collator {
    #o;
    #bound;
    constructor(locales, options) {
      const locale = localeOf(locales);
      options = object(options);
      this.#o = { locale, usage: choice(options, "usage", ["sort", "search"], "sort"), sensitivity: choice(options, "sensitivity", ["base", "accent", "case", "variant"], "variant"), ignorePunctuation: Boolean(options.ignorePunctuation), collation: "default", numeric: Boolean(options.numeric), caseFirst: choice(options, "caseFirst", ["upper", "lower", "false"], "false") };
    }
    get compare() { return this.#bound ??= (a, b) => compared(this.#o, String(a), String(b)); }
    resolvedOptions() { return { ...this.#o }; }
  }
  const pieces = (o, text) => {
    let plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    if (o.ignorePunctuation) plain = plain.replace(/[\p{P}\s]/gu, "");
    return o.numeric ? plain.match(/\d+|[^]/gu) ?? [] : [...plain];
  };
  const compared = (o, a, b) => {
    const one = pieces(o, a), other = pieces(o, b), length = Math.min(one.length, other.length);
    for (let at = 0; at < length; at++) {
      const [x, y] = [one[at], other[at]];
      if (x === y) continue;
      if (o.numeric && /^\d/.test(x) && /^\d/.test(y)) {
        const [n, m] = [BigInt(x), BigInt(y)];
        if (n !== m) return n < m ? -1 : 1;
        continue;
      }
      const [r, s] = [rank(x), rank(y)];
      if (r !== s) return r < s ? -1 : 1;
      const [u, v] = [SIGNS.indexOf(x), SIGNS.indexOf(y)];
      return (u >= 0 && v >= 0 ? u < v : x < y) ? -1 : 1;
    }
    if (one.length !== other.length) return one.length < other.length ? -1 : 1;
    const accents = (text) => text.normalize("NFD").toLowerCase();
    if (o.sensitivity === "accent" || o.sensitivity === "variant") {
      const [x, y] = [accents(a), accents(b)];
      if (x !== y) return x < y ? -1 : 1;
    }
    if (o.sensitivity === "case" || o.sensitivity === "variant") {
      const [p, q] = [[...a], [...b]];
      for (let at = 0; at < Math.min(p.length, q.length); at++) {
        const [u, v] = [isUpper(p[at]), isUpper(q[at])];
        if (u !== v) return u === (o.caseFirst === "upper") ? -1 : 1;
      }
    }
    return 0;
  };
  const isUpper = (char) => char !== char.toLowerCase();

  const parts = { NumberFormat: service(NumberFormat), PluralRules, RelativeTimeFormat, ListFormat, Collator: service(Collator) };
  for (const [name, Class] of Object.entries(parts)) finish(Class, name);
  defineProperty(Locale.prototype, Symbol.toStringTag, { value: "Intl.Locale", configurable: true });
  const DateTimeFormat = finish(service(need("web:intl_date")({ localeOf, choice, count, object, joined })), "DateTimeFormat");
  const Intl = {};
  shared.define(Intl, { ...parts, DateTimeFormat, Locale, getCanonicalLocales: canonicals, supportedValuesOf: (key) => ({ calendar: ["gregory"], collation: ["default"], currency: Object.keys(SYMBOLS).sort(), numberingSystem: ["latn"], timeZone: ["UTC"], unit: Object.keys(UNITS).sort() })[key] ?? (() => { throw new RangeError(`\`${key}\` is no key`); })() });
  defineProperty(Intl, Symbol.toStringTag, { value: "Intl", configurable: true });

  // What the language leaves to this.
  const date = (name, least, fallback) => function (locales, options) {
    const ms = Date.prototype.getTime.call(this);
    return Number.isNaN(ms) ? "Invalid Date" : new DateTimeFormat(locales, fallback(object(options), least)).format(this);
  };
  const DAY = ["weekday", "year", "month", "day"], TIME = ["dayPeriod", "hour", "minute", "second", "fractionalSecondDigits"];
  const withDefaults = (options, kind) => {
    const named = kind === "date" ? DAY : kind === "time" ? TIME : [...DAY, ...TIME];
    if (options.dateStyle !== undefined || options.timeStyle !== undefined) {
      if (kind === "date" && options.timeStyle !== undefined || kind === "time" && options.dateStyle !== undefined) throw new TypeError("the style does not belong to this");
      return options;
    }
    if (named.some((name) => options[name] !== undefined)) return options;
    const more = { ...options };
    if (kind !== "time") more.year = more.month = more.day = "numeric";
    if (kind !== "date") more.hour = more.minute = more.second = "numeric";
    return more;
  };
  shared.define(Date.prototype, {
    toLocaleString: date("toLocaleString", "any", withDefaults),
    toLocaleDateString: date("toLocaleDateString", "date", withDefaults),
    toLocaleTimeString: date("toLocaleTimeString", "time", withDefaults),
  });
  shared.define(Number.prototype, { toLocaleString(locales, options) { return new NumberFormat(locales, options).format(Number.prototype.valueOf.call(this)); } });
  shared.define(BigInt.prototype, { toLocaleString(locales, options) { return new NumberFormat(locales, options).format(BigInt.prototype.valueOf.call(this)); } });
  return { Intl };
})
