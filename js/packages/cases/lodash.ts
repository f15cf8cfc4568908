import _ from "lodash";
import fp from "lodash/fp";
import { checked, same } from "../check";

export default checked(() => {
  same(_([3, 1, 2]).sortBy().map((n) => n * 2).value(), [2, 4, 6]);
  same(_.camelCase("foo bar-baz"), "fooBarBaz");
  same(fp.flow(fp.filter((n: number) => n > 1), fp.map((n: number) => n + 1))([1, 2, 3]), [3, 4]);
});
