import { parseDocument, Parser } from "htmlparser2";
import { checked, same } from "../check";

export default checked(() => {
  const seen: string[] = [];
  const parser = new Parser({ onopentag: (name, attributes) => seen.push(name + (attributes.href ?? "")), ontext: (text) => seen.push(text) });
  parser.end("<p>a<a href=/x>b</a></p>");
  same(seen, ["p", "a", "a/x", "b"]);
  same(parseDocument("<i>x</i>").children.length, 1);
});
