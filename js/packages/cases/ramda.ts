import * as R from "ramda";
import { checked, same } from "../check";

export default checked(() => {
  same(R.pipe(R.filter((n: number) => n % 2 === 1), R.map(R.multiply(10)), R.sum)([1, 2, 3]), 40);
  same(R.over(R.lensPath(["a", "b"]), R.inc, { a: { b: 1 } }), { a: { b: 2 } });
});
