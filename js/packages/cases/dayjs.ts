import dayjs from "dayjs";
import duration from "dayjs/plugin/duration";
import relativeTime from "dayjs/plugin/relativeTime";
import utc from "dayjs/plugin/utc";
import { checked, same } from "../check";

dayjs.extend(utc);
dayjs.extend(relativeTime);

export default checked(() => {
  // It asks for the time of day, which the top level has not.
  dayjs.extend(duration);
  same(dayjs.utc("2026-01-31").add(1, "month").format("YYYY-MM-DD"), "2026-02-28");
  same(dayjs.utc("2026-01-01").to(dayjs.utc("2026-01-04")), "in 3 days");
  same(dayjs.duration({ minutes: 90 }).asHours(), 1.5);
});
