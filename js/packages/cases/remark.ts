import { remark } from "remark";
import { checked, same } from "../check";

export default checked(async () => {
  same(String(await remark().process("*   a\n*   b")), "* a\n* b\n");
  same(remark().parse("# T").children[0].type, "heading");
});
