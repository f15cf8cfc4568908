import slugify from "slugify";
import { camelCase, kebabCase, snakeCase } from "change-case";
import { checked, same } from "../check";

export default checked(() => {
  same(slugify("Crème Brûlée & more!", { lower: true, strict: true }), "creme-brulee-and-more");
  same([camelCase("one two"), kebabCase("oneTwo"), snakeCase("one-two")], ["oneTwo", "one-two", "one_two"]);
});
