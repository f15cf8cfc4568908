import { parse, stringify, uneval } from "devalue";
import { checked, same } from "../check";

export default checked(() => {
  const value: any = { map: new Map([[1, new Date(5)]]) };
  value.self = value;
  const back = parse(stringify(value));
  same([back.self === back, back.map.get(1).getTime()], [true, 5]);
  same(uneval({ a: new Set([1]) }), "{a:new Set([1])}");
});
