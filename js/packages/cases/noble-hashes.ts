import { sha256 } from "@noble/hashes/sha2.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { hmac } from "@noble/hashes/hmac.js";
import { pbkdf2 } from "@noble/hashes/pbkdf2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { checked, same } from "../check";

export default checked(() => {
  const abc = utf8ToBytes("abc");
  same(bytesToHex(sha256(abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  same(bytesToHex(sha3_256(abc)).slice(0, 16), "3a985da74fe225b2");
  same(bytesToHex(blake3(abc)).slice(0, 16), "6437b3ac38465133");
  same(bytesToHex(hmac(sha256, utf8ToBytes("key"), abc)).slice(0, 16), "9c196e32dc0175f8");
  same(pbkdf2(sha256, "password", "salt", { c: 4, dkLen: 16 }).length, 16);
});
