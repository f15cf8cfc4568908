import { formatInTimeZone, fromZonedTime, getTimezoneOffset, toZonedTime } from "date-fns-tz";
import { checked, same } from "../check";

export default checked(() => {
  const noon = new Date("2026-07-01T12:00:00Z");
  same(formatInTimeZone(noon, "America/New_York", "yyyy-MM-dd HH:mm zzz"), "2026-07-01 08:00 EDT");
  same(formatInTimeZone(noon, "Europe/Berlin", "HH:mm xxx"), "14:00 +02:00");
  same(fromZonedTime("2026-01-01 00:00", "Asia/Tokyo").toISOString(), "2025-12-31T15:00:00.000Z");
  same(getTimezoneOffset("Asia/Kolkata", noon), 19_800_000);
  same(toZonedTime(noon, "UTC").getTime(), noon.getTime());
});
