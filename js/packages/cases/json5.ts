import JSON5 from "json5";
import { checked, same, thrown } from "../check";

export default checked(async () => {
  same(JSON5.parse("{ a: 1, /* note */ 'b': [0x10, +Infinity, ], }"), { a: 1, b: [16, Infinity] });
  same(JSON5.stringify({ a: "it's", "b-c": 1 }), "{a:\"it's\",'b-c':1}");
  same((await thrown(() => JSON5.parse("{ a: }"))).name, "SyntaxError");
});
