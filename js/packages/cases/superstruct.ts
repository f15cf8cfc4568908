import { assert, number, object, string, is, StructError } from "superstruct";
import { checked, same, thrown } from "../check";

const User = object({ id: number(), name: string() });

export default checked(async () => {
  same(is({ id: 1, name: "a" }, User), true);
  same((await thrown(() => assert({ id: "1", name: "a" }, User))) instanceof StructError, true);
});
