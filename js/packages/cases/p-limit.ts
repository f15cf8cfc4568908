import pLimit from "p-limit";
import { checked, same } from "../check";

export default checked(async () => {
  const limit = pLimit(2);
  let [now, most] = [0, 0];
  const job = async (n: number) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
    return n;
  };
  same(await Promise.all([1, 2, 3, 4, 5].map((n) => limit(() => job(n)))), [1, 2, 3, 4, 5]);
  same(most, 2);
});
