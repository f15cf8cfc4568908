import { decode, encode } from "@msgpack/msgpack";
import { checked, same } from "../check";

export default checked(() => {
  const value = { name: "Ada", list: [1, -2, 3.5, null, true], bytes: new Uint8Array([1, 2]), at: new Date(0), "é": "ü€😀" };
  const bytes = encode(value);
  same(decode(bytes), value);
  same(encode([1, "a"]).length, 4);
});
