import { parse, stringify } from "smol-toml";
import { checked, holds, same, thrown } from "../check";

export default checked(async () => {
  same(parse('name = "tea"\n[shop]\nopen = true\nprices = [2.5, 3]\n'), { name: "tea", shop: { open: true, prices: [2.5, 3] } });
  same(stringify({ a: 1, b: { c: "d" } }).trim(), 'a = 1\n\n[b]\nc = "d"');
  holds((await thrown(() => parse("a = "))).message.includes("1:"), "told with its line");
});
