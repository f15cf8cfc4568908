import * as yup from "yup";
import { checked, same, thrown } from "../check";

const schema = yup.object({ name: yup.string().required(), age: yup.number().required().positive().integer() });

export default checked(async () => {
  same(await schema.validate({ name: "bob", age: "24" }), { age: 24, name: "bob" });
  same((await thrown(() => schema.validate({ name: "", age: -1 }, { abortEarly: false }))).name, "ValidationError");
});
