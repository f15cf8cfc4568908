import { List, Map, Record, Set, fromJS, is } from "immutable";
import { checked, holds, same } from "../check";

export default checked(() => {
  const one = Map({ a: 1, b: 2 });
  const two = one.set("b", 3);
  same([one.get("b"), two.get("b"), two.toJS()], [2, 3, { a: 1, b: 3 }]);
  holds(is(fromJS({ x: [1, { y: 2 }] }), fromJS({ x: [1, { y: 2 }] })), "equal by value");
  same(List([3, 1, 2]).sort().push(9).toArray(), [1, 2, 3, 9]);
  same(Set([1, 1, 2]).size, 2);
  const Point = Record({ x: 0, y: 0 });
  same(new Point({ x: 5 }).toJS(), { x: 5, y: 0 });
});
