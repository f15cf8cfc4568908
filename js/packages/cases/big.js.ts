import Big from "big.js";
import { checked, same } from "../check";

export default checked(() => {
  same([new Big("0.1").times(3).toString(), new Big(1).div(3).toFixed(5)], ["0.3", "0.33333"]);
});
