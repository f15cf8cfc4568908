import mitt from "mitt";
import { checked, same } from "../check";

export default checked(() => {
  const emitter = mitt<{ a: number }>();
  let sum = 0;
  emitter.on("a", (n) => (sum += n));
  emitter.emit("a", 5);
  same(sum, 5);
});
