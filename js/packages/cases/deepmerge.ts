import deepmerge from "deepmerge";
import equal from "fast-deep-equal";
import classNames from "classnames";
import { checked, same } from "../check";

export default checked(() => {
  same(deepmerge({ a: [1], b: { c: 1 } }, { a: [2], b: { d: 2 } }), { a: [1, 2], b: { c: 1, d: 2 } });
  same(equal({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), true);
  same(classNames("a", { b: true, c: false }, ["d"]), "a b d");
});
