// Two implementations of node:crypto understand each other's keys and signatures: each makes some, and checks what the other
// made. Runs as a function (`/make`, `/check`, `/alone`) and in Node (`node node_keys_peer.mjs make`, `check`).
import { Buffer } from "node:buffer";
import * as crypto from "node:crypto";

const MESSAGE = "from one to the other";
const HASHES = ["sha256", "RSA-SHA384", "SHA512"];
const PSS = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST };
// Made for this.
const RSA = {"kty":"RSA","n":"5UcshzcXmFbX0ZldqOyzIo__Rq8g-KB1bboD3N_euZXVp_Xb9ZaQ8rFX1mkgKlNm-FRrmeHgji4F-tZ8scF0bu-1sRKKhTqhX41pPWW_FDY5RwCouCseXQkL5ac7ocqAqfRAi3hlvCMQeos1eKSWB_T3xJ6fMRfOE9of4hfO3-EekOHbQ4BtibzuPi5hnAaqSwGL2e9rOZMajKMIpHQoRrioSoBu3c314bhO3z7tEYNjJs5llAtfQhQYZfjDFxcKPzXJwniCXWgun-EzKAMXRPGOBmkevQQf-k6qDvCKGUWb1DjY_bd8p53uwgzU6IWArCr40rHogr_WIrL-8syGmw","e":"AQAB","d":"B290yjhx03GS3ivoav9Xb9orn9HeHTIBnOVYwA5NMseL05PtkNv-fLWzm4hyj-zUfLPVftAMcDqd3FydqUYUzeQy3Y3fCs2z811VTwsVqe94PA08FieP0dnmljQDgw5beHzV-wU_MggRE2hK-6FFcaHyxwrohAxkP9CQaCH4MNpptMMC54vBOqDvAKUgBPVzfM6tHHVLWtvrZ9nHgrZs_zVMrGjqPwcoCbgUbUoawSpbeD-NpFQY3cPwhJWm1ng0ja4YNNb4E4lar44lZ0rV-NLJtY6MGLGP83cNk2jVEUsyf09kNJ1gkb9AVwTJNsq-JZzUcUuqa91bF_Vh-RWuQQ","p":"_ux52xMZm_EYCddVrGa_mJnWIJJHd_U-gEH03WNsxrByoK086kExKo-ztXKq-2uXkTKmqROxGQgawQmpE-QeAITBBc_BwPdrPd4PKitjnSyMzTKqFx-pFx_lvFmEmc1HSWcOipWtI1y93rBd3qArzgKmqMhOGTDzVvb82ftslP8","q":"5j761NbycwkgXAVYd5tndP5Ru4ZSiEmOoOdyLj8HaotlrsGHdDy5fnJyCDxAvyV3TpakS-71bsuLDb3bUTtwe7CAQxzkGHbW7mYtTWQFoNdrMYdExdvzh3HRMdQguCazqsbgAXooj1w97J-uSqZO0w-fXhQDUm1zAZUCW8F0QmU","dp":"MFOUJjvQtwdVj0gLLcustrkzJqmUcuFDH_1g9jdK_7-je2JcEeyZ7X-gid1bHJ6g9R2tCpB5Gk23BLFYJDUymtaP4RIpoPNGmUvnhA8Fq14usxfPtuKBo6igXLx7rsyDnx6yWwNU90c1l2nH4dRreXp3LbgLVis5dlsMRCatxvE","dq":"PBf5_a0wUGf0YzAd-_G6meV6zZfsWJfiOwrNWVaoB93kJy1pviPPQjp6mr2nJHyR3BgjP5JZypYjb-26nUQHQrE5eMrEmcICrOxMLKPLeERhPOcSQxX6RMKnF_tGoumvAQaxFpGcnnYzz1uJ8P_hGOM99B8DEvNwDdynZe1i-6U","qi":"Uv4ViEKBp8QLY6OVHSlTTKRsOWua3fahJavyj5dOWgu0P8pOQJQh12vUO5zhIthKKgfpnIyozOKsegx3YElx09luW84KqpwNibwLZyVVsLMhREP-XOfLMZBDJtuYBCvvyunH_0En_ol3Kva5a5WfVXKo3FkjXful_bh7rIpAaR8"};

const pairs = () => {
  const rsa = crypto.createPrivateKey({ key: RSA, format: "jwk" });
  const all = [["rsa", rsa, crypto.createPublicKey(rsa)]];
  for (const namedCurve of ["prime256v1", "P-384", "secp521r1"]) {
    const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve });
    all.push(["ec", privateKey, publicKey]);
  }
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ed25519");
  return [...all, ["ed25519", privateKey, publicKey]];
};
// Ways to write a public key; of a private one `older` stands beside where the implementation writes it.
const open = (key) => [key.export({ type: "spki", format: "pem" }), { key: key.export({ type: "spki", format: "der" }).toString("base64"), format: "der", type: "spki" }, { key: key.export({ format: "jwk" }), format: "jwk" }];
const secret = (key, isNode) => [key.export({ type: "pkcs8", format: "pem" }), { key: key.export({ format: "jwk" }), format: "jwk" }, ...isNode && key.asymmetricKeyType === "ec" ? [key.export({ type: "sec1", format: "pem" })] : [], ...isNode && key.asymmetricKeyType === "rsa" ? [key.export({ type: "pkcs1", format: "pem" })] : []];
const read = (form) => form.format === "der" ? { ...form, key: Buffer.from(form.key, "base64") } : form;

const make = (isNode) => pairs().map(([type, privateKey, publicKey]) => {
  const signatures = [];
  for (const hash of type === "ed25519" ? [null] : HASHES) {
    const ways = type === "rsa" ? [{}, PSS] : type === "ec" ? [{}, { dsaEncoding: "ieee-p1363" }] : [{}];
    for (const way of ways) signatures.push({ hash, way, out: crypto.sign(hash, Buffer.from(MESSAGE), { key: privateKey, ...way }).toString("base64") });
    if (type !== "ed25519") signatures.push({ hash, way: {}, out: crypto.createSign(hash).update("from one ").update("to the other").sign(privateKey, "base64") });
  }
  return { type, signatures, details: privateKey.asymmetricKeyDetails.namedCurve ?? String(publicKey.asymmetricKeyDetails.publicExponent), open: open(publicKey), secret: secret(privateKey, isNode) };
});

const check = (made) => {
  const failed = [];
  for (const { type, signatures, details, open, secret } of made) {
    const keys = [...open.map((form) => crypto.createPublicKey(read(form))), ...secret.map((form) => crypto.createPublicKey(crypto.createPrivateKey(form)))];
    for (const [at, key] of keys.entries()) {
      const told = key.asymmetricKeyDetails.namedCurve ?? String(key.asymmetricKeyDetails.publicExponent);
      if (key.asymmetricKeyType !== type || told !== details || !key.equals(keys[0])) failed.push(`${type}: key ${at}`);
      for (const { hash, way, out } of signatures) {
        const signature = Buffer.from(out, "base64"), wrong = Buffer.from(signature);
        wrong[wrong.length - 1] ^= 1;
        if (!crypto.verify(hash, Buffer.from(MESSAGE), { key, ...way }, signature)) failed.push(`${type} ${hash} ${JSON.stringify(way)}: key ${at}`);
        if (crypto.verify(hash, Buffer.from(MESSAGE), { key, ...way }, wrong) || crypto.verify(hash, Buffer.from("other"), { key, ...way }, signature)) failed.push(`${type} ${hash}: takes what is wrong`);
        if (hash !== null && Object.keys(way).length === 0 && !crypto.createVerify(hash).update(MESSAGE).verify(key, out, "base64")) failed.push(`${type} ${hash}: createVerify`);
      }
    }
  }
  return failed.length === 0 ? "all hold" : failed.join("\n");
};

const code = (act) => { try { act(); return "nothing"; } catch (error) { return error.code ?? error.name; } };
const alone = async () => {
  const secret = crypto.createSecretKey("key"), { privateKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const same = crypto.createHmac("sha256", secret).update("x").digest("hex") === crypto.createHmac("sha256", "key").update("x").digest("hex");
  const x25519 = crypto.generateKeyPairSync("x25519"), encoded = crypto.generateKeyPairSync("ed25519", { publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
  const later = await new Promise((resolve, reject) => crypto.generateKeyPair("ec", { namedCurve: "P-256" }, (error, open, closed) => error ? reject(error) : resolve([open.type, closed.type])));
  const signed = await new Promise((resolve, reject) => crypto.sign("sha256", Buffer.from("x"), privateKey, (error, made) => error ? reject(error) : resolve(made.length > 60)));
  return JSON.stringify([same, secret.type, secret.symmetricKeySize, secret.export().toString(), secret.export({ format: "jwk" }), x25519.publicKey.asymmetricKeyType, encoded.publicKey.split("\n")[0], later, signed,
    secret instanceof crypto.KeyObject, String(secret), Object.keys(secret), secret.equals(crypto.createSecretKey(Buffer.from("key"))), secret.equals(crypto.createSecretKey("kez")),
    [() => crypto.createPrivateKey("secret"), () => crypto.createPrivateKey(["BEGIN", "END"].map((side) => `-----${side} PRIVATE KEY-----`).join("\nAAAA\n")), () => crypto.createPublicKey(secret), () => crypto.createSecretKey(7), () => crypto.createSign("md5"),
      () => new crypto.KeyObject(), () => crypto.generateKeyPairSync("ec", { namedCurve: "secp256k1" }), () => crypto.createHmac("sha256", privateKey), () => crypto.createPrivateKey(crypto.createPublicKey(privateKey)),
      () => crypto.sign("sha256", "x", x25519.privateKey), () => crypto.createPrivateKey({ key: "x", format: "der" }), () => privateKey.export({ type: "pkcs1" })].map(code)]);
};

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/alone") return new Response(await alone());
    return pathname === "/make" ? Response.json(make(false)) : new Response(check(await request.json()));
  },
};

if (typeof process === "object" && process.argv?.[1]?.endsWith("node_keys_peer.mjs")) {
  let input = "";
  if (process.argv[2] === "check") for await (const piece of process.stdin) input += piece;
  console.log(process.argv[2] === "make" ? JSON.stringify(make(true)) : check(JSON.parse(input)));
}
