import { gunzipSync, gzipSync, strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { checked, holds, same } from "../check";

export default checked(() => {
  const text = strToU8("hello ".repeat(1_000));
  const small = gzipSync(text);
  holds(small.length < 100, "smaller");
  same(strFromU8(gunzipSync(small)).length, 6_000);
  same(strFromU8(unzipSync(zipSync({ "a.txt": strToU8("x") }))["a.txt"]), "x");
});
