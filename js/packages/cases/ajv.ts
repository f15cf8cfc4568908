import Ajv from "ajv";
import { checked, same } from "../check";

export default checked(() => {
  const ajv = new Ajv({ allErrors: true });
  const validate = ajv.compile({
    type: "object",
    properties: { name: { type: "string", minLength: 2 }, age: { type: "integer", minimum: 0 } },
    required: ["name"],
    additionalProperties: false,
  });
  same(validate({ name: "bob", age: 7 }), true);
  same(validate({ age: -1, x: 1 }), false);
  same(validate.errors?.map((error) => error.keyword).sort(), ["additionalProperties", "minimum", "required"]);
});
