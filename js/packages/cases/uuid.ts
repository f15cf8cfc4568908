import { NIL, parse, v4, v5, v7, validate, version } from "uuid";
import { checked, holds, same } from "../check";

export default checked(() => {
  holds(validate(v4()) && v4() !== v4(), "each is new");
  same([version(v4()), version(v7())], [4, 7]);
  same(v5("hello", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "9342d47a-1bab-5709-9869-c840b2eac501");
  same(parse(NIL).length, 16);
});
