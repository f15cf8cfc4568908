import { enableMapSet, produce, produceWithPatches, enablePatches } from "immer";
import { checked, holds, same } from "../check";

enableMapSet();
enablePatches();

export default checked(() => {
  const before = { list: [{ done: false }], set: new Set([1]) };
  const after = produce(before, (draft) => {
    draft.list[0].done = true;
    draft.set.add(2);
  });
  same([before.list[0].done, after.list[0].done, after.set.size], [false, true, 2]);
  holds(Object.isFrozen(after), "frozen");
  same(produceWithPatches({ a: 1 }, (draft) => void (draft.a = 2))[1], [{ op: "replace", path: ["a"], value: 2 }]);
});
