// Behaviour of crypto.subtle: known answers from public standards, round trips, and the name of each error.
// Each check throws when it does not hold, and the answer lists what did not. Node runs the same file: `node crypto_peer.mjs checks`.
const checks = [];
const check = (name, run) => checks.push([name, run]);
const same = (found, wanted) => {
  const text = (value) => JSON.stringify(value, (_, v) => v === undefined ? "undefined" : v);
  if (text(found) !== text(wanted)) throw new Error(`${text(found)} instead of ${text(wanted)}`);
};
const rejects = async (promise, name) => {
  try { await promise; } catch (error) {
    const right = name === "TypeError" ? error instanceof TypeError : error instanceof DOMException && error.name === name;
    if (!right) throw new Error(`rejected with ${error.name}: ${error.message}`);
    return;
  }
  throw new Error("did not reject");
};
const { subtle } = crypto;
const utf8 = (text) => new TextEncoder().encode(text);
const bytes = (hex) => Uint8Array.from(hex.replace(/\s/g, "").match(/../g) ?? [], (byte) => parseInt(byte, 16));
const hex = (data) => Array.from(new Uint8Array(data), (byte) => byte.toString(16).padStart(2, "0")).join("");
const clean = (text) => text.replace(/\s/g, "");
const raw = (key, algorithm, ...usages) => subtle.importKey("raw", typeof key === "string" ? bytes(key) : key, algorithm, true, usages);

check("shape", () => {
  same([typeof subtle, Object.prototype.toString.call(subtle), typeof CryptoKey, typeof SubtleCrypto], ["object", "[object SubtleCrypto]", "function", "function"]);
  for (const Type of [CryptoKey, SubtleCrypto]) {
    let threw = false;
    try { new Type(); } catch (error) { threw = error instanceof TypeError; }
    same(threw, true);
  }
});

// ---- digests: FIPS 180-4's examples
for (const [name, abc, empty] of [
  ["SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
  ["SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["SHA-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"],
  ["SHA-512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"],
]) {
  check(`digest ${name}`, async () => {
    same(hex(await subtle.digest(name, utf8("abc"))), abc);
    same(hex(await subtle.digest({ name: name.toLowerCase() }, new ArrayBuffer(0))), empty);
    same(hex(await subtle.digest(name, new DataView(utf8("xabcx").buffer, 1, 3))), abc);
    const answer = await subtle.digest(name, utf8("abc"));
    same([answer instanceof ArrayBuffer, answer.byteLength], [true, abc.length / 2]);
  });
}
check("digest of a million", async () => {
  same(hex(await subtle.digest("SHA-256", new Uint8Array(1_000_000).fill(97))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
});

// ---- HMAC: RFC 4231
check("HMAC", async () => {
  const data = utf8("what do ya want for nothing?");
  for (const [hash, wanted] of [
    ["SHA-1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
    ["SHA-256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    ["SHA-384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"],
    ["SHA-512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"],
  ]) {
    const key = await raw(utf8("Jefe"), { name: "HMAC", hash }, "sign", "verify");
    same(key.algorithm, { name: "HMAC", hash: { name: hash }, length: 32 });
    const tag = new Uint8Array(await subtle.sign("HMAC", key, data));
    same(hex(tag), wanted);
    same(await subtle.verify("HMAC", key, tag, data), true);
    for (const wrong of [tag.slice(1), new Uint8Array(0), new Uint8Array([...tag, 0]), tag.map((byte, at) => at ? byte : byte ^ 1)]) {
      same(await subtle.verify("HMAC", key, wrong, data), false);
    }
    same(await subtle.verify("HMAC", key, tag, utf8("other")), false);
  }
  const long = await raw(new Uint8Array(131).fill(0xaa), { name: "HMAC", hash: "SHA-256" }, "sign");
  same(hex(await subtle.sign("HMAC", long, utf8("Test Using Larger Than Block-Size Key - Hash Key First"))), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
});

// ---- AES: SP 800-38A, the cases of the GCM proposal, RFC 3394
const PLAIN = `6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
  30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`;
const KEY128 = "2b7e151628aed2a6abf7158809cf4f3c";
const KEY256 = "603deb1015ca71be2b73aef0857d7781 1f352c073b6108d72d9810a30914dff4";
check("AES-CBC", async () => {
  for (const [secret, wanted] of [
    [KEY128, "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"],
    [KEY256, "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"],
  ]) {
    const key = await raw(secret, "AES-CBC", "encrypt", "decrypt"), algorithm = { name: "AES-CBC", iv: bytes("000102030405060708090a0b0c0d0e0f") };
    const sealed = await subtle.encrypt(algorithm, key, bytes(PLAIN));
    same([hex(sealed).slice(0, 128), sealed.byteLength], [wanted, 80]);
    same(hex(await subtle.decrypt(algorithm, key, sealed)), clean(PLAIN));
    await rejects(subtle.decrypt(algorithm, key, new Uint8Array(sealed).slice(0, 64)), "OperationError");
    for (const length of [0, 15, 17]) await rejects(subtle.decrypt(algorithm, key, new Uint8Array(length)), "OperationError");
    await rejects(subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(15) }, key, new Uint8Array(1)), "OperationError");
  }
});
check("AES-CTR", async () => {
  const key = await raw(KEY128, "AES-CTR", "encrypt", "decrypt"), counter = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const wanted = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee";
  // The last byte of the counter is ff: with 8 bits and more it wraps within the message.
  for (const length of [128, 64, 16]) same(hex(await subtle.encrypt({ name: "AES-CTR", counter, length }, key, bytes(PLAIN))), wanted);
  const wrapped = { name: "AES-CTR", counter, length: 8 }, ones = { name: "AES-CTR", counter: bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfe00"), length: 128 };
  const sealed = hex(await subtle.encrypt(wrapped, key, bytes(PLAIN)));
  same(sealed.slice(0, 32), wanted.slice(0, 32));
  same(sealed.slice(32), hex(await subtle.encrypt(ones, key, bytes(PLAIN).slice(16))));
  same(hex(await subtle.decrypt(wrapped, key, bytes(sealed))), clean(PLAIN));
  same(hex(await subtle.decrypt({ name: "AES-CTR", counter, length: 128 }, key, bytes(wanted.slice(0, 50)))), clean(PLAIN).slice(0, 50));
  await rejects(subtle.encrypt({ name: "AES-CTR", counter, length: 1 }, key, new Uint8Array(33)), "OperationError");
  for (const length of [0, 129]) await rejects(subtle.encrypt({ name: "AES-CTR", counter, length }, key, new Uint8Array(1)), "OperationError");
  await rejects(subtle.encrypt({ name: "AES-CTR", counter: new Uint8Array(8), length: 8 }, key, new Uint8Array(1)), "OperationError");
});
check("AES-GCM", async () => {
  const iv = bytes("cafebabefacedbaddecaf888"), additionalData = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const plain = bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  for (const [secret, wanted] of [
    ["feffe9928665731c6d6a8f9467308308",
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091 5bc94fbc3221a5db94fae95ae7121a47"],
    ["feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b"],
  ]) {
    const key = await raw(secret, "AES-GCM", "encrypt", "decrypt"), algorithm = { name: "AES-GCM", iv, additionalData };
    const sealed = new Uint8Array(await subtle.encrypt(algorithm, key, plain));
    same(hex(sealed), clean(wanted));
    same(hex(await subtle.decrypt(algorithm, key, sealed)), hex(plain));
    for (const at of [0, sealed.length - 1]) {
      await rejects(subtle.decrypt(algorithm, key, sealed.map((byte, index) => index === at ? byte ^ 1 : byte)), "OperationError");
    }
    await rejects(subtle.decrypt({ name: "AES-GCM", iv }, key, sealed), "OperationError");
    await rejects(subtle.decrypt(algorithm, key, sealed.slice(0, 15)), "OperationError");
    await rejects(subtle.encrypt({ name: "AES-GCM", iv, tagLength: 127 }, key, plain), "OperationError");
  }
  const zero = await raw(new Uint8Array(24), "AES-GCM", "encrypt");
  same(hex(await subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, zero, new Uint8Array(16))), "98e7247c07f0fe411c267e4384b0f6002ff58d80033927ab8ef4d4587514f0fb");
});
check("AES-KW", async () => {
  for (const [secret, wanted] of [
    ["000102030405060708090a0b0c0d0e0f", "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"],
    ["000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"],
  ]) {
    const by = await raw(secret, "AES-KW", "wrapKey", "unwrapKey"), key = await raw("00112233445566778899aabbccddeeff", "AES-GCM", "encrypt");
    const wrapped = await subtle.wrapKey("raw", key, by, "AES-KW");
    same(hex(wrapped), wanted);
    const back = await subtle.unwrapKey("raw", wrapped, by, "AES-KW", "AES-GCM", true, ["decrypt"]);
    same([hex(await subtle.exportKey("raw", back)), back.usages, back.algorithm], ["00112233445566778899aabbccddeeff", ["decrypt"], { name: "AES-GCM", length: 128 }]);
    await rejects(subtle.unwrapKey("raw", new Uint8Array(wrapped).map((byte) => byte ^ 1), by, "AES-KW", "AES-GCM", true, ["decrypt"]), "OperationError");
    const odd = await raw("0011223344556677889900", { name: "HMAC", hash: "SHA-1" }, "sign");
    await rejects(subtle.wrapKey("raw", odd, by, "AES-KW"), "OperationError");
  }
});

// ---- keys from secrets: RFC 5869, 6070, 7914
check("HKDF", async () => {
  const key = await subtle.importKey("raw", new Uint8Array(22).fill(0x0b), "HKDF", false, ["deriveBits", "deriveKey"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: bytes("000102030405060708090a0b0c"), info: bytes("f0f1f2f3f4f5f6f7f8f9") };
  const wanted = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
  same(hex(await subtle.deriveBits(algorithm, key, 336)), wanted);
  same(hex(await subtle.deriveBits({ ...algorithm, salt: new Uint8Array(0), info: new Uint8Array(0) }, key, 336)),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
  const derived = await subtle.deriveKey(algorithm, key, { name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  same(hex(await subtle.exportKey("raw", derived)), wanted.slice(0, 64));
  for (const length of [null, 7, 255 * 256 + 8]) await rejects(subtle.deriveBits(algorithm, key, length), "OperationError");
});
check("PBKDF2", async () => {
  const derive = async (password, salt, hash, iterations, length) => {
    const key = await subtle.importKey("raw", utf8(password), "PBKDF2", false, ["deriveBits"]);
    return hex(await subtle.deriveBits({ name: "PBKDF2", hash, salt: utf8(salt), iterations }, key, length * 8));
  };
  same(await derive("password", "salt", "SHA-1", 1, 20), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  same(await derive("password", "salt", "SHA-1", 4096, 20), "4b007901b765489abead49d926f721d065a429c1");
  same(await derive("passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", "SHA-1", 4096, 25), "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
  same(await derive("pass\0word", "sa\0lt", "SHA-1", 4096, 16), "56fa6aa75548099dcc37d7f03425e0c3");
  same(await derive("passwd", "salt", "SHA-256", 1, 64), "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
  same(await derive("Password", "NaCl", "SHA-256", 80000, 64), "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
  const key = await subtle.importKey("raw", utf8("x"), "PBKDF2", false, ["deriveBits"]);
  await rejects(subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: utf8("s"), iterations: 0 }, key, 256), "OperationError");
  await rejects(subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: utf8("s"), iterations: 1 }, key, null), "OperationError");
  await rejects(subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: utf8("s") }, key, 256), "TypeError");
});

// ---- curves: RFC 8032, 7748, 6979, 5903
const b64 = (data) => btoa(String.fromCharCode(...data)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
check("Ed25519", async () => {
  const d = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"), x = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const wanted = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  const pkcs8 = new Uint8Array([...bytes("302e020100300506032b657004220420"), ...d]);
  for (const key of [await subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: b64(x), d: b64(d) }, "Ed25519", true, ["sign"]),
    await subtle.importKey("pkcs8", pkcs8, { name: "ed25519" }, true, ["sign"])]) {
    same(hex(await subtle.sign("Ed25519", key, bytes("72"))), wanted);
    same(hex(await subtle.exportKey("pkcs8", key)), hex(pkcs8));
  }
  const key = await subtle.importKey("raw", x, "Ed25519", true, ["verify"]);
  same([await subtle.verify("Ed25519", key, bytes(wanted), bytes("72")), await subtle.verify("Ed25519", key, bytes(wanted), bytes("73")),
    await subtle.verify("Ed25519", key, bytes(wanted).slice(1), bytes("72"))], [true, false, false]);
  same(hex(await subtle.exportKey("spki", key)), `302a300506032b6570032100${hex(x)}`);
});
check("X25519", async () => {
  const private_ = (d) => subtle.importKey("pkcs8", new Uint8Array([...bytes("302e020100300506032b656e04220420"), ...bytes(d)]), "X25519", true, ["deriveBits", "deriveKey"]);
  const public_ = (x) => subtle.importKey("raw", bytes(x), "X25519", true, []);
  const alice = await private_("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"), alicePublic = await public_("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  const bob = await private_("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"), bobPublic = await public_("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const wanted = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  same(hex(await subtle.deriveBits({ name: "X25519", public: bobPublic }, alice, 256)), wanted);
  same(hex(await subtle.deriveBits({ name: "X25519", public: alicePublic }, bob, null)), wanted);
  same(hex(await subtle.deriveBits({ name: "X25519", public: alicePublic }, bob, 128)), wanted.slice(0, 32));
  same((await subtle.exportKey("jwk", alice)).x, b64(bytes("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")));
  // A point of small order gives a secret that everybody knows.
  await rejects(subtle.deriveBits({ name: "X25519", public: await public_("00".repeat(32)) }, alice, 256), "OperationError");
  await rejects(subtle.deriveBits({ name: "X25519", public: bobPublic }, alice, 264), "OperationError");
});
const SIGNED = [
  ["P-256", "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6", "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    { "SHA-1": "61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d326d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb",
      "SHA-256": "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
      "SHA-512": "8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f002362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fe" }],
  ["P-384", "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13",
    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720",
    { "SHA-256": "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33bde1e888e63355d92fa2b3c36d8fb2cdf3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0",
      "SHA-384": "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe4699ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8" }],
  ["P-521", "01894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4",
    "00493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5",
    { "SHA-256": "01511bb4d675114fe266fc4372b87682baecc01d3cc62cf2303c92b3526012659d16876e25c7c1e57648f23b73564d67f61c6f14d527d54972810421e7d87589e1a7004a171143a83163d6df460aaf61522695f207a58b95c0644d87e52aa1a347916e4f7a72930b1bc06dbe22ce3f58264afd23704cbb63b29b931f7de6c9d949a7ecfc" }],
];
check("ECDSA known answers", async () => {
  for (const [namedCurve, x, y, signatures] of SIGNED) {
    const key = await subtle.importKey("raw", bytes(`04${x}${y}`), { name: "ECDSA", namedCurve }, true, ["verify"]);
    same(key.algorithm, { name: "ECDSA", namedCurve });
    for (const hash of Object.keys(signatures)) {
      const tag = bytes(signatures[hash]), algorithm = { name: "ECDSA", hash };
      same([namedCurve, hash, await subtle.verify(algorithm, key, tag, utf8("sample"))], [namedCurve, hash, true]);
      same(await subtle.verify(algorithm, key, tag, utf8("other")), false);
      same(await subtle.verify(algorithm, key, tag.slice(1), utf8("sample")), false);
      same(await subtle.verify(algorithm, key, new Uint8Array(tag.length), utf8("sample")), false);
    }
  }
});
check("ECDSA round trips", async () => {
  for (const namedCurve of ["P-256", "P-384", "P-521"]) {
    const { privateKey, publicKey } = await subtle.generateKey({ name: "ECDSA", namedCurve }, false, ["sign", "verify"]);
    same([privateKey.type, privateKey.extractable, privateKey.usages, publicKey.type, publicKey.extractable, publicKey.usages],
      ["private", false, ["sign"], "public", true, ["verify"]]);
    for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) {
      const algorithm = { name: "ECDSA", hash }, one = await subtle.sign(algorithm, privateKey, utf8("x"));
      same(one.byteLength, 2 * { "P-256": 32, "P-384": 48, "P-521": 66 }[namedCurve]);
      same(await subtle.verify(algorithm, publicKey, one, utf8("x")), true);
      same(hex(one) === hex(await subtle.sign(algorithm, privateKey, utf8("x"))), false);
    }
  }
});
check("ECDH", async () => {
  const algorithm = { name: "ECDH", namedCurve: "P-256" }, jwk = (x, y, d) => ({ kty: "EC", crv: "P-256", x: b64(bytes(x)), y: b64(bytes(y)), d: d && b64(bytes(d)) });
  const mine = jwk("dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180", "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
    "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
  const peer = jwk("d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63", "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
  const key = await subtle.importKey("jwk", mine, algorithm, false, ["deriveBits", "deriveKey"]), other = await subtle.importKey("jwk", peer, algorithm, true, []);
  const wanted = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";
  same(hex(await subtle.deriveBits({ name: "ECDH", public: other }, key, 256)), wanted);
  same(hex(await subtle.deriveBits({ name: "ECDH", public: other }, key, null)), wanted);
  const aes = await subtle.deriveKey({ name: "ECDH", public: other }, key, { name: "AES-CBC", length: 128 }, true, ["encrypt"]);
  same(hex(await subtle.exportKey("raw", aes)), wanted.slice(0, 32));
  await rejects(subtle.deriveBits({ name: "ECDH", public: other }, key, 264), "OperationError");
  for (const namedCurve of ["P-256", "P-384", "P-521"]) {
    const [a, b] = [await subtle.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits"]), await subtle.generateKey({ name: "ECDH", namedCurve }, true, ["deriveBits"])];
    same(hex(await subtle.deriveBits({ name: "ECDH", public: a.publicKey }, b.privateKey, null)), hex(await subtle.deriveBits({ name: "ECDH", public: b.publicKey }, a.privateKey, null)));
    if (namedCurve !== "P-256") await rejects(subtle.deriveBits({ name: "ECDH", public: a.publicKey }, key, 128), "InvalidAccessError");
    await rejects(subtle.deriveBits({ name: "ECDH", public: a.privateKey }, b.privateKey, 128), "InvalidAccessError");
  }
});
