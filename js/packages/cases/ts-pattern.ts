import { P, match } from "ts-pattern";
import { checked, same, thrown } from "../check";

export default checked(async () => {
  const said = (value: unknown) => match(value)
    .with({ type: "order", cups: P.number.gte(10) }, ({ cups }) => `many: ${cups}`)
    .with({ type: P.union("order", "wish") }, () => "few")
    .with([P.string, ...P.array(P.any)], ([first]) => first)
    .otherwise(() => "else");
  same([said({ type: "order", cups: 12 }), said({ type: "wish" }), said(["a", 1]), said(7)], ["many: 12", "few", "a", "else"]);
  same((await thrown(() => match(3 as number).with(4, () => 1).exhaustive())).name, "Error");
});
