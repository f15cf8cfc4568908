import { addBusinessDays, differenceInCalendarDays, eachDayOfInterval, format, formatDistance, parseISO } from "date-fns";
import { de } from "date-fns/locale";
import { checked, same } from "../check";

export default checked(() => {
  const day = new Date(2026, 1, 27);
  same(format(addBusinessDays(day, 1), "yyyy-MM-dd EEEE"), "2026-03-02 Monday");
  same(format(day, "EEEE", { locale: de }), "Freitag");
  same(differenceInCalendarDays(parseISO("2026-03-01"), parseISO("2026-02-01")), 28);
  same(eachDayOfInterval({ start: day, end: new Date(2026, 2, 2) }).length, 4);
  same(formatDistance(new Date(2026, 0, 1), new Date(2026, 0, 3)), "2 days");
});
