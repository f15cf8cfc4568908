import { chunk, cloneDeep, debounce, groupBy, merge, orderBy, template, get, set } from "lodash-es";
import { checked, same } from "../check";

export default checked(() => {
  same(chunk([1, 2, 3], 2), [[1, 2], [3]]);
  same(groupBy(["one", "two", "three"], "length"), { 3: ["one", "two"], 5: ["three"] });
  same(merge({ a: { b: 1 } }, { a: { c: 2 } }), { a: { b: 1, c: 2 } });
  same(orderBy([{ n: 1 }, { n: 3 }], "n", "desc")[0], { n: 3 });
  const deep = { at: new Date(0), map: new Map([[1, { x: 1 }]]) };
  same(cloneDeep(deep).map.get(1), { x: 1 });
  same(template("hello <%= user %>!")({ user: "bob" }), "hello bob!");
  same(get(set({}, "a[0].b", 5), "a.0.b"), 5);
  same(typeof debounce(() => 1), "function");
});
