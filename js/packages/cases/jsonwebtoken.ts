import { createPublicKey, generateKeyPairSync } from "node:crypto";
import jwt from "jsonwebtoken";
import { checked, same, thrown } from "../check";

export default checked(async () => {
  const token = jwt.sign({ role: "admin" }, "secret", { expiresIn: "1h", subject: "bob" });
  same((jwt.verify(token, "secret") as jwt.JwtPayload).sub, "bob");
  same((await thrown(() => jwt.verify(token, "other"))).name, "JsonWebTokenError");
  same((jwt.decode(token) as jwt.JwtPayload).role, "admin");
  // With a pair of keys: the one signs, the other checks.
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const pem = privateKey.export({ format: "pem", type: "pkcs8" });
  const signed = jwt.sign({ cups: 3 }, pem, { algorithm: "ES256" });
  const open = createPublicKey(pem).export({ format: "pem", type: "spki" });
  same((jwt.verify(signed, open, { algorithms: ["ES256"] }) as jwt.JwtPayload).cups, 3);
  same((await thrown(() => jwt.verify(signed.slice(0, -4) + "AAAA", open))).name, "JsonWebTokenError");
});
