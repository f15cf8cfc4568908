import { customAlphabet, nanoid } from "nanoid";
import { checked, holds, same } from "../check";

export default checked(() => {
  holds(/^[\w-]{21}$/.test(nanoid()), "21 characters");
  holds(nanoid() !== nanoid(), "each is new");
  same(/^[abc]{8}$/.test(customAlphabet("abc", 8)()), true);
});
