import Joi from "joi";
import { checked, same } from "../check";

const schema = Joi.object({ username: Joi.string().alphanum().min(3).required(), year: Joi.number().integer().min(1900) });

export default checked(() => {
  same(schema.validate({ username: "bob", year: "1999" }).value, { username: "bob", year: 1999 });
  same(schema.validate({ username: "b" }).error?.details[0].type, "string.min");
});
