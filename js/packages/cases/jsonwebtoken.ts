import jwt from "jsonwebtoken";
import { checked, same, thrown } from "../check";

export default checked(async () => {
  const token = jwt.sign({ role: "admin" }, "secret", { expiresIn: "1h", subject: "bob" });
  same((jwt.verify(token, "secret") as jwt.JwtPayload).sub, "bob");
  same((await thrown(() => jwt.verify(token, "other"))).name, "JsonWebTokenError");
  same((jwt.decode(token) as jwt.JwtPayload).role, "admin");
});
