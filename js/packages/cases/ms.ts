import ms from "ms";
import { checked, same } from "../check";

export default checked(() => same([ms("2 days"), ms("1.5h"), ms(60_000), ms(60_000, { long: true })], [172_800_000, 5_400_000, "1m", "1 minute"]));
