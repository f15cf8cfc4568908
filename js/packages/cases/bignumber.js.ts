import BigNumber from "bignumber.js";
import { checked, same } from "../check";

export default checked(() => {
  same(new BigNumber("1e30").plus(1).toFixed(), "1000000000000000000000000000001");
  same(new BigNumber(0.1).plus(0.2).eq(0.3), true);
});
