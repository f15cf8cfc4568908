import Sqids from "sqids";
import { checked, same } from "../check";

export default checked(() => {
  const sqids = new Sqids({ minLength: 8 });
  same(sqids.decode(sqids.encode([1, 2, 3])), [1, 2, 3]);
});
