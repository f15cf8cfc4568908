import bcrypt from "bcryptjs";
import { checked, same } from "../check";

export default checked(async () => {
  const hash = await bcrypt.hash("password", 4);
  same(hash.length, 60);
  same([bcrypt.compareSync("password", hash), await bcrypt.compare("other", hash)], [true, false]);
});
