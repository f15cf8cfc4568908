import { deflate, inflate } from "pako";
import { checked, holds, same } from "../check";

export default checked(() => {
  const small = deflate("hello ".repeat(1_000));
  holds(small.length < 100, "smaller");
  same(new TextDecoder().decode(inflate(small)).length, 6_000);
});
