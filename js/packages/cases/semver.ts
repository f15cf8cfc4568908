import semver from "semver";
import { checked, same } from "../check";

export default checked(() => {
  same([semver.satisfies("1.2.9", "^1.2.3"), semver.inc("1.2.3", "minor"), semver.lt("1.0.0-a", "1.0.0")], [true, "1.3.0", true]);
  same(semver.maxSatisfying(["1.0.0", "1.5.0", "2.0.0"], "1"), "1.5.0");
});
