import { CronExpressionParser } from "cron-parser";
import { checked, same } from "../check";

export default checked(() => {
  const times = CronExpressionParser.parse("*/15 9 * * 1-5", { currentDate: "2026-01-02T09:40:00Z", tz: "UTC" });
  same([times.next().toISOString(), times.next().toISOString()], ["2026-01-02T09:45:00.000Z", "2026-01-05T09:00:00.000Z"]);
});
