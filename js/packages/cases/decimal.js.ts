import Decimal from "decimal.js";
import { checked, same } from "../check";

export default checked(() => {
  same([new Decimal("0.1").plus("0.2").toString(), Decimal.sqrt(2).toFixed(10), new Decimal(2).pow(200).toFixed()], [
    "0.3", "1.4142135624", "1606938044258990275500000000000000000000000000000000000000000",
  ]);
});
