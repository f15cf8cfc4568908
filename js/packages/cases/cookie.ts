import * as cookie from "cookie";
import { checked, same } from "../check";

export default checked(() => {
  same({ ...cookie.parseCookie("a=1; b=x%20y") }, { a: "1", b: "x y" });
  same(cookie.stringifySetCookie({ name: "s", value: "1", httpOnly: true, maxAge: 60, sameSite: "lax" }), "s=1; Max-Age=60; HttpOnly; SameSite=Lax");
});
