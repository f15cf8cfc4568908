import validator from "validator";
import isEmail from "validator/es/lib/isEmail";
import { checked, same } from "../check";

export default checked(() => {
  same([validator.isURL("https://a.example/x"), validator.isUUID("nope"), validator.escape("<a>")], [true, false, "&lt;a&gt;"]);
  same([isEmail("bob@a.example"), validator.isCreditCard("4111111111111111"), validator.isISO8601("2026-01-01")], [true, true, true]);
});
