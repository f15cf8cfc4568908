import { Hono } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { validator } from "hono/validator";
import { checked, same } from "../check";

const app = new Hono();
app.use("/api/*", cors());
app.get("/api/users/:id", (c) => c.json({ id: c.req.param("id"), q: c.req.query("q") }));
app.post(
  "/api/users",
  validator("json", (value, c) => (typeof value.name === "string" ? value : c.text("no name", 400))),
  async (c) => c.json({ made: c.req.valid("json").name }, 201),
);
app.get("/teapot", () => {
  throw new HTTPException(418, { message: "short and stout" });
});
app.notFound((c) => c.text("nowhere", 404));

export default checked(async () => {
  const one = await app.request("http://a/api/users/7?q=x");
  same([one.status, await one.json()], [200, { id: "7", q: "x" }]);
  same(one.headers.get("access-control-allow-origin"), "*");
  const json = (body: unknown) => ({ method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const made = await app.request("http://a/api/users", json({ name: "bob" }));
  same([made.status, await made.json()], [201, { made: "bob" }]);
  same((await app.request("http://a/api/users", json({}))).status, 400);
  same((await app.request("http://a/teapot")).status, 418);
  same(await (await app.request("http://a/x")).text(), "nowhere");
});
