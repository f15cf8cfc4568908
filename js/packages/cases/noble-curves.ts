import { checked, same } from "../check";

export default checked(async () => {
  // It tries randomness out when it is loaded, so it is loaded in the handler.
  const { ed25519, x25519 } = await import("@noble/curves/ed25519.js");
  const { secp256k1 } = await import("@noble/curves/secp256k1.js");
  const message = new TextEncoder().encode("hello");
  const { secretKey, publicKey } = ed25519.keygen(new Uint8Array(32).fill(3));
  same(ed25519.verify(ed25519.sign(message, secretKey), message, publicKey), true);
  const key = new Uint8Array(32).fill(5);
  same(secp256k1.verify(secp256k1.sign(message, key), message, secp256k1.getPublicKey(key)), true);
  const [a, b] = [x25519.keygen(new Uint8Array(32).fill(1)), x25519.keygen(new Uint8Array(32).fill(2))];
  same([...x25519.getSharedSecret(a.secretKey, b.publicKey)], [...x25519.getSharedSecret(b.secretKey, a.publicKey)]);
});
