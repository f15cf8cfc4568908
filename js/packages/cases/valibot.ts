import * as v from "valibot";
import { checked, same } from "../check";

const Login = v.object({ email: v.pipe(v.string(), v.email()), password: v.pipe(v.string(), v.minLength(8)) });

export default checked(() => {
  same(v.parse(Login, { email: "a@b.example", password: "12345678" }).email, "a@b.example");
  const bad = v.safeParse(Login, { email: "a", password: "1" });
  same(bad.issues?.map((issue) => v.getDotPath(issue)), ["email", "password"]);
});
