// `Intl.DateTimeFormat`, in the English of the United States and the calendar that everybody uses. The host knows the time zones.
(function (host, shared) {
  const NNBSP = "\u202f";
  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
  const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  const ERAS = { long: ["Before Christ", "Anno Domini"], short: ["BC", "AD"], narrow: ["B", "A"] };
  const WIDTHS = ["narrow", "short", "long"], DIGITS = ["2-digit", "numeric"];
  const ZONES = { E: "Eastern", C: "Central", M: "Mountain", P: "Pacific", AK: "Alaska", H: "Hawaii-Aleutian" };
  const TIME = ["hour", "minute", "second", "fractionalSecondDigits", "dayPeriod"];
  const DAY = ["weekday", "year", "month", "day"];
  const STYLES = {
    full: { weekday: "long", year: "numeric", month: "long", day: "numeric" }, long: { year: "numeric", month: "long", day: "numeric" },
    medium: { year: "numeric", month: "short", day: "numeric" }, short: { year: "2-digit", month: "numeric", day: "numeric" },
  };
  const CLOCKS = {
    full: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "long" }, long: { hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
    medium: { hour: "numeric", minute: "2-digit", second: "2-digit" }, short: { hour: "numeric", minute: "2-digit" },
  };
  // `what` of the host's text work: `(zone, seconds)` gives its name, how far it is ahead, and what it is called then.
  const ZONE = 9;
  const two = (number) => String(number).padStart(2, "0");

  // ---- zones
  const fixed = /^([+-])([01]\d|2[0-3]):?([0-5]\d)?$/;
  const zoneOf = (wanted) => {
    if (wanted === undefined) return "UTC";
    const text = String(wanted), own = fixed.exec(text);
    if (own) return own[2] + (own[3] ?? "00") === "0000" ? "+00:00" : `${own[1]}${own[2]}:${own[3] ?? "00"}`;
    if (/^(?:etc\/)?(?:utc|gmt|uct|zulu|universal|greenwich)$/i.test(text)) return "UTC";
    const found = host.text(ZONE, [text, "0"]);
    if (found === undefined) throw new RangeError(`\`${text}\` is no time zone`);
    return found[0];
  };
  // Seconds that the zone is ahead, and what it is called then.
  const at = (zone, ms) => {
    if (zone === "UTC") return [0, "UTC"];
    const own = fixed.exec(zone);
    if (own) return [(own[1] === "-" ? -1 : 1) * (Number(own[2]) * 3600 + Number(own[3]) * 60), ""];
    const found = host.text(ZONE, [zone, String(Math.floor(ms / 1000))]);
    return [Number(found[1]), found[2]];
  };
  const offset = (seconds, isLong) => {
    const ahead = Math.abs(seconds), [hours, minutes, rest] = [Math.floor(ahead / 3600), Math.floor(ahead / 60) % 60, ahead % 60];
    const sign = seconds < 0 ? "-" : "+", end = rest ? `:${two(rest)}` : "";
    return isLong ? `GMT${sign}${two(hours)}:${two(minutes)}${end}` : `GMT${sign}${hours}${minutes || rest ? `:${two(minutes)}` : ""}${end}`;
  };
  const nameOf = (style, zone, [seconds, short]) => {
    if (style.endsWith("Offset")) return offset(seconds, style === "longOffset");
    const [, which, kind] = /^(E|C|M|P|AK|H)(S|D)T$/.exec(short) ?? [];
    const isOurs = which !== undefined && /^(?:America|US|Pacific)\//.test(zone);
    if (style === "short" || style === "shortGeneric") return zone === "UTC" ? "UTC" : isOurs ? short : offset(seconds, false);
    return zone === "UTC" ? "Coordinated Universal Time" : isOurs ? `${ZONES[which]} ${kind === "S" ? "Standard" : "Daylight"} Time` : offset(seconds, true);
  };

  return ({ localeOf, choice, count, object, joined }) => {
    class DateTimeFormat {
      #o;
      #shown;
      #bound;
      constructor(locales, options) {
        const locale = localeOf(locales);
        options = object(options);
        const o = { locale, calendar: "gregory", numberingSystem: "latn", timeZone: zoneOf(options.timeZone) };
        const dateStyle = choice(options, "dateStyle", Object.keys(STYLES)), timeStyle = choice(options, "timeStyle", Object.keys(STYLES));
        const shown = {
          weekday: choice(options, "weekday", WIDTHS), era: choice(options, "era", WIDTHS), year: choice(options, "year", DIGITS), month: choice(options, "month", [...DIGITS, ...WIDTHS]),
          day: choice(options, "day", DIGITS), dayPeriod: choice(options, "dayPeriod", WIDTHS), hour: choice(options, "hour", DIGITS), minute: choice(options, "minute", DIGITS),
          second: choice(options, "second", DIGITS), fractionalSecondDigits: count(options, "fractionalSecondDigits", 1, 3),
          timeZoneName: choice(options, "timeZoneName", ["short", "long", "shortOffset", "longOffset", "shortGeneric", "longGeneric"]),
        };
        choice(options, "formatMatcher", ["basic", "best fit"]);
        choice(options, "localeMatcher", ["lookup", "best fit"]);
        if (dateStyle !== undefined || timeStyle !== undefined) {
          for (const [name, value] of Object.entries(shown)) if (value !== undefined) throw new TypeError(`\`${name}\` does not go with \`dateStyle\` or \`timeStyle\``);
          Object.assign(shown, STYLES[dateStyle], CLOCKS[timeStyle]);
        } else if (![...DAY, ...TIME].some((name) => shown[name] !== undefined)) {
          shown.year = shown.month = shown.day = "numeric";
        }
        if (shown.hour !== undefined) {
          let cycle = choice(options, "hourCycle", ["h11", "h12", "h23", "h24"], "h12");
          if (options.hour12 !== undefined) cycle = options.hour12 ? "h12" : "h23";
          o.hourCycle = cycle;
          o.hour12 = cycle === "h12" || cycle === "h11";
        }
        if (dateStyle === undefined && timeStyle === undefined) {
          for (const [name, value] of Object.entries(shown)) if (value !== undefined) o[name] = value;
          // With minutes behind it, a minute has two digits, and so on.
          if (o.hour !== undefined && o.hour12 === false) o.hour = "2-digit";
          if (o.minute !== undefined && o.hour !== undefined) o.minute = "2-digit";
          if (o.second !== undefined && o.minute !== undefined) o.second = o.minute = "2-digit";
        }
        if (dateStyle !== undefined) o.dateStyle = dateStyle;
        if (timeStyle !== undefined) o.timeStyle = timeStyle;
        this.#o = o;
        this.#shown = shown;
      }
      get format() { return this.#bound ??= (date) => joined(this.formatToParts(date)); }
      formatToParts(date) {
        const ms = date === undefined ? Date.now() : Number(date);
        if (!(Math.abs(ms) <= 8.64e15)) throw new RangeError("this is no time");
        return written(this.#shown, this.#o, Math.trunc(ms));
      }
      formatRange(from, to) {
        const [a, b] = [this.format(from), this.format(to)];
        return a === b ? a : `${a} – ${b}`;
      }
      formatRangeToParts(from, to) {
        const say = (date, source) => this.formatToParts(date).map((part) => ({ ...part, source }));
        return this.format(from) === this.format(to) ? say(from, "shared") : [...say(from, "startRange"), { type: "literal", value: " – ", source: "shared" }, ...say(to, "endRange")];
      }
      resolvedOptions() { return { ...this.#o }; }
    }

    const written = (shown, o, ms) => {
      const zone = at(o.timeZone, ms), local = new Date(ms + zone[0] * 1000);
      const days = dayParts(shown, o, local), clock = clockParts(shown, o, local);
      if (shown.timeZoneName !== undefined) clock.push(...clock.length ? [literal(" ")] : [], { type: "timeZoneName", value: nameOf(shown.timeZoneName, o.timeZone, zone) });
      if (!days.length || !clock.length) return [...days, ...clock];
      const isFull = shown.month === "long" && shown.hour !== undefined;
      const isWeekdayAlone = shown.weekday !== undefined && days.length === 1;
      return [...days, literal(isWeekdayAlone ? " " : isFull ? " at " : ", "), ...clock];
    };
    const literal = (value) => ({ type: "literal", value });

    const dayParts = (shown, o, local) => {
      const { weekday, era, year, month, day } = shown;
      const cut = (name, width) => width === "long" ? name : name.slice(0, width === "short" ? 3 : 1);
      const number = (value, width) => width === "2-digit" ? two(value % 100) : String(value);
      const full = local.getUTCFullYear(), isBefore = full <= 0;
      const parts = {
        weekday: weekday && { type: "weekday", value: cut(DAYS[local.getUTCDay()], weekday) },
        year: year && { type: "year", value: number(isBefore && era ? 1 - full : Math.abs(full), year) },
        month: month && { type: "month", value: DIGITS.includes(month) ? number(local.getUTCMonth() + 1, month) : cut(MONTHS[local.getUTCMonth()], month) },
        day: day && { type: "day", value: number(local.getUTCDate(), day) },
        era: era && { type: "era", value: ERAS[era][isBefore ? 0 : 1] },
      };
      let list;
      if (month !== undefined && !DIGITS.includes(month)) {
        // "January 2, 2026", "January 2026"
        list = [parts.month];
        if (day) list.push(literal(" "), parts.day);
        if (year) list.push(literal(day ? ", " : " "), parts.year);
      } else {
        list = [parts.month, parts.day, parts.year].filter(Boolean).flatMap((part, n) => n ? [literal("/"), part] : [part]);
      }
      if (era) list.push(...list.length ? [literal(" ")] : [], parts.era);
      if (!weekday) return list;
      if (!list.length) return [parts.weekday];
      return year && !month && !day ? [...list, literal(" "), parts.weekday] : !year && !month ? [...list, literal(" "), parts.weekday] : [parts.weekday, literal(", "), ...list];
    };

    const clockParts = (shown, o, local) => {
      const { hour, minute, second, fractionalSecondDigits: digits, dayPeriod } = shown, parts = [];
      const push = (type, value) => { if (parts.length) parts.push(literal(":")); parts.push({ type, value }); };
      const hours = local.getUTCHours(), is12 = o.hour12 === true;
      if (hour) {
        const value = { h11: hours % 12, h12: hours % 12 || 12, h23: hours, h24: hours || 24 }[o.hourCycle];
        push("hour", hour === "2-digit" || !is12 ? two(value) : String(value));
      }
      const minutes = local.getUTCMinutes(), seconds = local.getUTCSeconds();
      if (minute) push("minute", hour || second ? two(minutes) : String(minutes));
      if (second) push("second", minute ? two(seconds) : String(seconds));
      if (digits) {
        const part = String(local.getUTCMilliseconds()).padStart(3, "0").slice(0, digits);
        if (second) parts.push(literal("."));
        parts.push({ type: "fractionalSecond", value: part });
      }
      if (hour && is12) parts.push(literal(NNBSP), { type: "dayPeriod", value: hours < 12 ? "AM" : "PM" });
      else if (dayPeriod && !hour) parts.push({ type: "dayPeriod", value: hours < 12 ? "AM" : "PM" });
      return parts;
    };
    return DateTimeFormat;
  };
})
