import { z } from "zod";
import { checked, same, holds } from "../check";

const User = z.object({
  name: z.string().min(2),
  email: z.email(),
  age: z.coerce.number().int().positive().optional(),
  role: z.enum(["admin", "member"]).default("member"),
  tags: z.array(z.string()).transform((tags) => tags.map((tag) => tag.toUpperCase())),
});

export default checked(() => {
  same(User.parse({ name: "bob", email: "bob@a.example", age: "7", tags: ["x"] }), {
    name: "bob", email: "bob@a.example", age: 7, role: "member", tags: ["X"],
  });
  const bad = User.safeParse({ name: "b", email: "nobody", tags: [1] });
  holds(!bad.success, "it is refused");
  same(bad.error!.issues.map((issue) => issue.path.join(".")), ["name", "email", "tags.0"]);
  const Shape = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("circle"), r: z.number() }),
    z.object({ kind: z.literal("square"), a: z.number() }),
  ]);
  same(Shape.parse({ kind: "square", a: 2 }), { kind: "square", a: 2 });
});
