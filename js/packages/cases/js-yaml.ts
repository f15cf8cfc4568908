import { dump, load } from "js-yaml";
import { checked, same } from "../check";

export default checked(() => {
  same(load("a: &x [1, 2]\nb: *x\n"), { a: [1, 2], b: [1, 2] });
  same(dump({ a: { b: ["c"] } }), "a:\n  b:\n    - c\n");
});
