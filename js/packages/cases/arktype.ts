import { type } from "arktype";
import { checked, holds, same } from "../check";

const Order = type({ drink: "'tea' | 'coffee'", cups: "1 <= number.integer <= 20", "note?": "string" });

export default checked(() => {
  same(Order({ drink: "tea", cups: 3 }), { drink: "tea", cups: 3 });
  const wrong = Order({ drink: "beer", cups: 0 });
  holds(wrong instanceof type.errors, "there are errors");
  holds(wrong.summary.includes("drink") && wrong.summary.includes("cups"), wrong.summary);
});
