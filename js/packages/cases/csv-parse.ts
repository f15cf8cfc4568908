import { parse } from "csv-parse/sync";
import { checked, same } from "../check";

export default checked(() => {
  same(parse('name,age\n"bob, jr",7\n', { columns: true, cast: true }), [{ name: "bob, jr", age: 7 }]);
});
