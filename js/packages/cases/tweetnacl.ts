import nacl from "tweetnacl";
import { checked, same } from "../check";

export default checked(() => {
  const pair = nacl.sign.keyPair.fromSeed(new Uint8Array(32).fill(7));
  const message = new TextEncoder().encode("hello");
  same(nacl.sign.detached.verify(message, nacl.sign.detached(message, pair.secretKey), pair.publicKey), true);
  const [key, nonce] = [nacl.randomBytes(32), nacl.randomBytes(24)];
  same([...nacl.secretbox.open(nacl.secretbox(message, nonce, key), nonce, key)!], [...message]);
});
