import * as chrono from "chrono-node";
import { checked, same } from "../check";

export default checked(() => {
  const found = chrono.parse("meet on 5 March 2026 at 10:30", new Date(2026, 0, 1));
  same([found[0].text, found[0].start.get("month"), found[0].start.get("hour")], ["on 5 March 2026 at 10:30", 3, 10]);
});
