import { decodeTime, monotonicFactory, ulid } from "ulid";
import { checked, holds, same } from "../check";

export default checked(() => {
  same(decodeTime(ulid(1_469_918_176_385)), 1_469_918_176_385);
  const next = monotonicFactory();
  holds(next(150_000) < next(150_000), "in order");
});
