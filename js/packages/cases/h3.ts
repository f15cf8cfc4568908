import { H3, HTTPError, getQuery, readBody } from "h3";
import { checked, same } from "../check";

const app = new H3()
  .get("/hello", (event) => ({ hello: getQuery(event).name }))
  .post("/echo", async (event) => readBody(event))
  .get("/no", () => {
    throw new HTTPError({ status: 403, statusText: "no" });
  });

export default checked(async () => {
  same(await (await app.request("/hello?name=bob")).json(), { hello: "bob" });
  same(await (await app.request("/echo", { method: "POST", body: '{"a":1}' })).json(), { a: 1 });
  same((await app.request("/no")).status, 403);
});
