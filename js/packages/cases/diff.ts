import { applyPatch, createPatch, diffWords } from "diff";
import { checked, same } from "../check";

export default checked(() => {
  same(diffWords("a b c", "a x c").filter((part) => part.added).map((part) => part.value.trim()), ["x"]);
  const patch = createPatch("f", "one\ntwo\n", "one\n2\n");
  same(applyPatch("one\ntwo\n", patch), "one\n2\n");
});
