import BigNumber from "bignumber.js";
import { checked, same } from "../check";

export default checked(() => {
  same(new BigNumber("1e30").plus(1).toFixed(), "1000000000000000000000000000001");
});
