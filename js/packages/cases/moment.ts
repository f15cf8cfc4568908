import moment from "moment";
import { checked, same } from "../check";

export default checked(() => {
  const day = moment.utc("2026-01-31T10:00:00Z");
  same(day.clone().add(1, "month").format("YYYY-MM-DD"), "2026-02-28");
  same(day.format("dddd, MMMM Do YYYY, h:mm a"), "Saturday, January 31st 2026, 10:00 am");
  same(moment.duration(90, "minutes").humanize(), "2 hours");
  same(moment.utc("31.01.2026", "DD.MM.YYYY", true).isValid(), true);
});
