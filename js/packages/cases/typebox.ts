import { Type, type Static } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { checked, same } from "../check";

const T = Type.Object({ x: Type.Number(), y: Type.Optional(Type.String()) });
type T = Static<typeof T>;

export default checked(() => {
  const value: T = { x: 1 };
  same(Value.Check(T, value), true);
  same([...Value.Errors(T, { x: "1" })].map((error) => error.path), ["/x"]);
  same(Value.Create(T), { x: 0 });
});
