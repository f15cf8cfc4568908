import { AutoRouter, error, withParams } from "itty-router";
import { checked, same } from "../check";

const router = AutoRouter({ before: [withParams] });
router.get("/items/:id", ({ id }) => ({ id })).get("/bad", () => error(400, "no"));

export default checked(async () => {
  const found = await router.fetch(new Request("http://a/items/5"));
  same(await found.json(), { id: "5" });
  same((await router.fetch(new Request("http://a/bad"))).status, 400);
  same((await router.fetch(new Request("http://a/none"))).status, 404);
});
