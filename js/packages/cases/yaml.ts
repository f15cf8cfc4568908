import YAML from "yaml";
import { checked, same } from "../check";

export default checked(() => {
  const text = "a: 1\nlist:\n  - x\n  - { y: null }\ntext: |\n  two\n  lines\n";
  same(YAML.parse(text), { a: 1, list: ["x", { y: null }], text: "two\nlines\n" });
  same(YAML.stringify({ b: [1, { c: true }] }), "b:\n  - 1\n  - c: true\n");
  const document = YAML.parseDocument("# kept\na: 1\n");
  document.set("b", 2);
  same(String(document), "# kept\na: 1\nb: 2\n");
});
