import protobuf from "protobufjs/light.js";
import { checked, same } from "../check";

const { Type, Field, Root } = protobuf;
const Order = new Type("Order").add(new Field("drink", 1, "string")).add(new Field("cups", 2, "int32")).add(new Field("notes", 3, "string", "repeated"));
new Root().define("shop").add(Order);

export default checked(() => {
  const bytes = Order.encode(Order.create({ drink: "tea", cups: 3, notes: ["hot", "ü"] })).finish();
  same(Order.toObject(Order.decode(bytes)), { drink: "tea", cups: 3, notes: ["hot", "ü"] });
  same(Order.verify({ drink: 7 }), "drink: string expected");
});
