import * as jose from "jose";
import { checked, same, thrown } from "../check";

export default checked(async () => {
  const secret = new TextEncoder().encode("a secret of 32 bytes at the least");
  const token = await new jose.SignJWT({ role: "admin" })
    .setProtectedHeader({ alg: "HS256" }).setSubject("bob").setIssuedAt().setExpirationTime("2h").sign(secret);
  const { payload } = await jose.jwtVerify(token, secret, { subject: "bob" });
  same(payload.role, "admin");
  same((await thrown(() => jose.jwtVerify(token.slice(0, -2) + "AA", secret))).name, "JWSSignatureVerificationFailed");
  const { publicKey, privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
  const signed = await new jose.SignJWT({}).setProtectedHeader({ alg: "ES256" }).setJti("1").sign(privateKey);
  same((await jose.jwtVerify(signed, publicKey)).payload.jti, "1");
  const jwe = await new jose.CompactEncrypt(new TextEncoder().encode("hidden"))
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(secret.slice(0, 32));
  same(new TextDecoder().decode((await jose.compactDecrypt(jwe, secret.slice(0, 32))).plaintext), "hidden");
});
