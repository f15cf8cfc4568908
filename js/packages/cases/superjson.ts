import superjson from "superjson";
import { checked, same, holds } from "../check";

export default checked(() => {
  const text = superjson.stringify({ at: new Date(0), set: new Set([1]), big: 10n, none: undefined, r: /x/g });
  const back = superjson.parse<any>(text);
  holds(back.at instanceof Date && back.set instanceof Set, "types");
  same([back.at.getTime(), back.big === 10n, back.r.source], [0, true, "x"]);
});
