import { DateTime, Duration, Interval } from "luxon";
import { checked, same } from "../check";

export default checked(() => {
  const start = DateTime.fromISO("2026-01-31T10:00:00Z", { zone: "utc" });
  same(start.plus({ months: 1 }).toISODate(), "2026-02-28");
  same(Duration.fromISO("PT1H30M").as("minutes"), 90);
  same(Interval.fromDateTimes(start, start.plus({ days: 2 })).length("hours"), 48);
  same(start.toFormat("yyyy LLL dd"), "2026 Jan 31");
});
