import PQueue from "p-queue";
import { checked, same } from "../check";

export default checked(async () => {
  const queue = new PQueue({ concurrency: 2 });
  let running = 0, most = 0;
  const done = await queue.addAll([3, 1, 2, 1].map((ms, n) => async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return n;
  }));
  await queue.onIdle();
  same([most, done], [2, [0, 1, 2, 3]]);
});
