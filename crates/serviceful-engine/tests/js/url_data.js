// The web platform's own cases for URL, its setters and URLPattern, from the body. The answer: how many there are, and the names of
// those that fail.
const parse = ({ input, base, failure, relativeTo, ...wanted }) => {
  let url;
  try { url = base === null || base === undefined ? new URL(input) : new URL(input, base); } catch { return failure === true; }
  if (failure) return false;
  delete wanted.comment;
  return Object.entries(wanted).every(([name, value]) => name === "searchParams" ? String(url.searchParams) === value : url[name] === value);
};
const set = (property, { href, new_value, expected }) => {
  const url = new URL(href);
  try { url[property] = new_value; } catch { if (property !== "href") return false; }
  return Object.entries(expected).every(([name, value]) => url[name] === value);
};
const pattern = (entry) => {
  const make = () => new URLPattern(...entry.pattern);
  if (entry.expected_obj === "error") { try { make(); return false; } catch (error) { return error instanceof TypeError; } }
  const made = make();
  if (entry.expected_obj && !Object.entries(entry.expected_obj).every(([name, value]) => made[name] === value)) return false;
  if (entry.expected_match === "error") { try { made.test(...entry.inputs); return false; } catch (error) { return error instanceof TypeError; } }
  if (!("inputs" in entry)) return true;
  if (made.test(...entry.inputs) !== Boolean(entry.expected_match)) return false;
  const found = made.exec(...entry.inputs);
  return Object.entries(entry.expected_match ?? {}).every(([name, value]) => name === "inputs" ||
    (found[name].input === value.input && Object.entries(value.groups).every(([group, text]) => (found[name].groups[group] ?? null) === text)));
};
const holds = (check, ...values) => { try { return check(...values); } catch { return false; } };

export default {
  async fetch(request) {
    const failed = [], data = await request.json();
    let count = 0;
    const tried = (name, ...values) => { count++; if (!holds(...values)) failed.push(JSON.stringify(name)); };
    const kind = new URL(request.url).pathname;
    if (kind === "/set") {
      for (const [property, cases] of Object.entries(data)) {
        if (property === "comment") continue;
        for (const one of cases) tried([one.href, property, one.new_value], set, property, one);
      }
    } else {
      for (const one of data) {
        if (typeof one !== "object") continue;
        if (kind === "/parse") tried([one.input, one.base], parse, one);
        else tried([one.pattern, one.inputs], pattern, one);
      }
    }
    return Response.json([count, failed]);
  },
};
