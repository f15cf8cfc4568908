import { compile, match, parse } from "path-to-regexp";
import { checked, same } from "../check";

export default checked(() => {
  const found = match("/users/:id{/posts/:post}")("/users/7/posts/a%20b");
  same(found && { ...found.params }, { id: "7", post: "a b" });
  same(compile("/drinks/:name")({ name: "green tea" }), "/drinks/green%20tea");
  same(match("/files/*path")("/none"), false);
  same(parse("/a/:b").tokens.length, 2);
});
