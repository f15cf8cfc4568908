import qs from "qs";
import { checked, same } from "../check";

export default checked(() => {
  same(qs.parse("a[b][]=1&a[b][]=2&c=d%20e"), { a: { b: ["1", "2"] }, c: "d e" });
  same(qs.stringify({ a: { b: [1, 2] }, c: "x y" }, { encodeValuesOnly: true }), "a[b][0]=1&a[b][1]=2&c=x%20y");
});
