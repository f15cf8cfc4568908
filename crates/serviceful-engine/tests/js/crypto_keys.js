// Keys of crypto.subtle: their forms, what each may do, the name of each error, and attempts to read what is not extractable.
// Read behind crypto.js, whose words it uses.
const RSA = {"kty":"RSA","n":"5UcshzcXmFbX0ZldqOyzIo__Rq8g-KB1bboD3N_euZXVp_Xb9ZaQ8rFX1mkgKlNm-FRrmeHgji4F-tZ8scF0bu-1sRKKhTqhX41pPWW_FDY5RwCouCseXQkL5ac7ocqAqfRAi3hlvCMQeos1eKSWB_T3xJ6fMRfOE9of4hfO3-EekOHbQ4BtibzuPi5hnAaqSwGL2e9rOZMajKMIpHQoRrioSoBu3c314bhO3z7tEYNjJs5llAtfQhQYZfjDFxcKPzXJwniCXWgun-EzKAMXRPGOBmkevQQf-k6qDvCKGUWb1DjY_bd8p53uwgzU6IWArCr40rHogr_WIrL-8syGmw","e":"AQAB","d":"B290yjhx03GS3ivoav9Xb9orn9HeHTIBnOVYwA5NMseL05PtkNv-fLWzm4hyj-zUfLPVftAMcDqd3FydqUYUzeQy3Y3fCs2z811VTwsVqe94PA08FieP0dnmljQDgw5beHzV-wU_MggRE2hK-6FFcaHyxwrohAxkP9CQaCH4MNpptMMC54vBOqDvAKUgBPVzfM6tHHVLWtvrZ9nHgrZs_zVMrGjqPwcoCbgUbUoawSpbeD-NpFQY3cPwhJWm1ng0ja4YNNb4E4lar44lZ0rV-NLJtY6MGLGP83cNk2jVEUsyf09kNJ1gkb9AVwTJNsq-JZzUcUuqa91bF_Vh-RWuQQ","p":"_ux52xMZm_EYCddVrGa_mJnWIJJHd_U-gEH03WNsxrByoK086kExKo-ztXKq-2uXkTKmqROxGQgawQmpE-QeAITBBc_BwPdrPd4PKitjnSyMzTKqFx-pFx_lvFmEmc1HSWcOipWtI1y93rBd3qArzgKmqMhOGTDzVvb82ftslP8","q":"5j761NbycwkgXAVYd5tndP5Ru4ZSiEmOoOdyLj8HaotlrsGHdDy5fnJyCDxAvyV3TpakS-71bsuLDb3bUTtwe7CAQxzkGHbW7mYtTWQFoNdrMYdExdvzh3HRMdQguCazqsbgAXooj1w97J-uSqZO0w-fXhQDUm1zAZUCW8F0QmU","dp":"MFOUJjvQtwdVj0gLLcustrkzJqmUcuFDH_1g9jdK_7-je2JcEeyZ7X-gid1bHJ6g9R2tCpB5Gk23BLFYJDUymtaP4RIpoPNGmUvnhA8Fq14usxfPtuKBo6igXLx7rsyDnx6yWwNU90c1l2nH4dRreXp3LbgLVis5dlsMRCatxvE","dq":"PBf5_a0wUGf0YzAd-_G6meV6zZfsWJfiOwrNWVaoB93kJy1pviPPQjp6mr2nJHyR3BgjP5JZypYjb-26nUQHQrE5eMrEmcICrOxMLKPLeERhPOcSQxX6RMKnF_tGoumvAQaxFpGcnnYzz1uJ8P_hGOM99B8DEvNwDdynZe1i-6U","qi":"Uv4ViEKBp8QLY6OVHSlTTKRsOWua3fahJavyj5dOWgu0P8pOQJQh12vUO5zhIthKKgfpnIyozOKsegx3YElx09luW84KqpwNibwLZyVVsLMhREP-XOfLMZBDJtuYBCvvyunH_0En_ol3Kva5a5WfVXKo3FkjXful_bh7rIpAaR8"};
const RSA_PUBLIC = { kty: "RSA", n: RSA.n, e: RSA.e };

check("RSA", async () => {
  for (const [name, usages] of [["RSASSA-PKCS1-v1_5", ["sign", "verify"]], ["RSA-PSS", ["sign", "verify"]], ["RSA-OAEP", ["decrypt", "encrypt"]]]) {
    for (const hash of ["SHA-256", "SHA-384", "SHA-512"]) {
      const key = await subtle.importKey("jwk", RSA, { name, hash }, true, [usages[0]]), open = await subtle.importKey("jwk", RSA_PUBLIC, { name, hash }, true, [usages[1]]);
      same([key.type, open.type, open.algorithm.modulusLength, [...open.algorithm.publicExponent], open.algorithm.hash.name], ["private", "public", 2048, [1, 0, 1], hash]);
      if (name === "RSA-OAEP") {
        for (const label of [undefined, utf8("for")]) {
          const sealed = await subtle.encrypt({ name, label }, open, utf8("secret"));
          same([sealed.byteLength, hex(await subtle.decrypt({ name, label }, key, sealed))], [256, hex(utf8("secret"))]);
          await rejects(subtle.decrypt({ name, label: utf8("other") }, key, sealed), "OperationError");
        }
        await rejects(subtle.encrypt({ name }, open, new Uint8Array(256)), "OperationError");
        continue;
      }
      const length = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 }[hash];
      for (const saltLength of name === "RSA-PSS" ? [length, 0] : [0]) {
        const algorithm = { name, saltLength }, tag = await subtle.sign(algorithm, key, utf8("x"));
        same(await subtle.verify(algorithm, open, tag, utf8("x")), true);
        same(await subtle.verify(algorithm, open, tag, utf8("y")), false);
        same(await subtle.verify(algorithm, open, new Uint8Array(256), utf8("x")), false);
        if (name === "RSA-PSS") same(await subtle.verify({ name, saltLength: 20 }, open, tag, utf8("x")), false);
      }
      for (const format of ["spki", "pkcs8", "jwk"]) {
        const from = format === "spki" ? open : key, form = await subtle.exportKey(format, from);
        const back = await subtle.importKey(format, form, { name, hash }, true, from.usages);
        same(JSON.stringify(await subtle.exportKey("jwk", back)), JSON.stringify(await subtle.exportKey("jwk", from)));
      }
    }
  }
  const { key_ops, ext, ...jwk } = await subtle.exportKey("jwk", await subtle.importKey("jwk", RSA, { name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]));
  same([jwk, key_ops, ext], [{ ...jwk, ...RSA, alg: "PS256" }, ["sign"], true]);
});

check("forms of keys of curves", async () => {
  for (const [algorithm, usages, kty] of [
    [{ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"], "EC"], [{ name: "ECDSA", namedCurve: "P-384" }, ["sign", "verify"], "EC"],
    [{ name: "ECDSA", namedCurve: "P-521" }, ["sign", "verify"], "EC"], [{ name: "ECDH", namedCurve: "P-256" }, ["deriveBits"], "EC"],
    [{ name: "Ed25519" }, ["sign", "verify"], "OKP"], [{ name: "X25519" }, ["deriveKey", "deriveBits"], "OKP"],
  ]) {
    const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, usages);
    for (const [key, formats] of [[privateKey, ["pkcs8", "jwk"]], [publicKey, ["raw", "spki", "jwk"]]]) {
      const jwk = await subtle.exportKey("jwk", key);
      same([jwk.kty, jwk.crv, jwk.ext, jwk.key_ops, "d" in jwk], [kty, algorithm.namedCurve ?? algorithm.name, true, key.usages, key === privateKey]);
      for (const format of formats) {
        const back = await subtle.importKey(format, await subtle.exportKey(format, key), algorithm, true, key.usages);
        same([back.type, back.algorithm, await subtle.exportKey("jwk", back)], [key.type, algorithm, jwk]);
      }
      const form = new Uint8Array(await subtle.exportKey(formats[0], key));
      for (const broken of [form.slice(1), form.slice(0, -1), new Uint8Array([...form, 0]), new Uint8Array(0)]) {
        await rejects(subtle.importKey(formats[0], broken, algorithm, true, key.usages), "DataError");
      }
      await rejects(subtle.importKey("jwk", { ...jwk, crv: "P-999" }, algorithm, true, key.usages), "DataError");
      await rejects(subtle.importKey("jwk", { ...jwk, kty: "oct" }, algorithm, true, key.usages), "DataError");
      await rejects(subtle.importKey("jwk", { ...jwk, x: "AAAA" }, algorithm, true, key.usages), "DataError");
      await rejects(subtle.importKey("jwk", { ...jwk, x: undefined }, algorithm, true, key.usages), "DataError");
      await rejects(subtle.importKey("jwk", { ...jwk, ext: false }, algorithm, true, key.usages), "DataError");
    }
    const other = await subtle.generateKey(algorithm, true, usages), jwk = await subtle.exportKey("jwk", privateKey);
    await rejects(subtle.importKey("jwk", { ...jwk, d: (await subtle.exportKey("jwk", other.privateKey)).d }, algorithm, true, privateKey.usages), "DataError");
  }
  // Not on the curve; the point at infinity; another curve's key.
  const p256 = { name: "ECDSA", namedCurve: "P-256" };
  await rejects(subtle.importKey("raw", bytes(`04${"11".repeat(64)}`), p256, true, ["verify"]), "DataError");
  await rejects(subtle.importKey("raw", bytes("00"), p256, true, ["verify"]), "DataError");
  const p384 = (await subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign", "verify"]));
  await rejects(subtle.importKey("spki", await subtle.exportKey("spki", p384.publicKey), p256, true, ["verify"]), "DataError");
  await rejects(subtle.importKey("pkcs8", await subtle.exportKey("pkcs8", p384.privateKey), p256, true, ["sign"]), "DataError");
});

check("secret keys", async () => {
  for (const [algorithm, usages, alg] of [
    [{ name: "AES-GCM", length: 128 }, ["encrypt", "decrypt"], "A128GCM"], [{ name: "AES-CBC", length: 192 }, ["encrypt"], "A192CBC"],
    [{ name: "AES-CTR", length: 256 }, ["decrypt"], "A256CTR"], [{ name: "AES-KW", length: 256 }, ["wrapKey"], "A256KW"],
    [{ name: "HMAC", hash: "SHA-256" }, ["sign", "verify"], "HS256"], [{ name: "HMAC", hash: { name: "SHA-1" }, length: 160 }, ["sign"], "HS1"],
  ]) {
    const key = await subtle.generateKey(algorithm, true, usages), other = await subtle.generateKey(algorithm, true, usages);
    const jwk = await subtle.exportKey("jwk", key), form = await subtle.exportKey("raw", key);
    same([key.type, jwk.kty, jwk.alg, jwk.key_ops, jwk.k], ["secret", "oct", alg, usages, b64(new Uint8Array(form))]);
    same(form.byteLength * 8, key.algorithm.length);
    same(hex(form) === hex(await subtle.exportKey("raw", other)), false);
    for (const [format, data] of [["raw", form], ["jwk", jwk]]) {
      const back = await subtle.importKey(format, data, algorithm, true, usages);
      same([back.algorithm, hex(await subtle.exportKey("raw", back))], [key.algorithm, hex(form)]);
    }
    await rejects(subtle.importKey("jwk", { ...jwk, alg: "none" }, algorithm, true, usages), "DataError");
    await rejects(subtle.importKey("jwk", { ...jwk, k: "no base64!" }, algorithm, true, usages), "DataError");
    await rejects(subtle.importKey("jwk", { ...jwk, key_ops: [] }, algorithm, true, usages), "DataError");
    await rejects(subtle.importKey("jwk", { ...jwk, key_ops: [usages[0], usages[0]] }, algorithm, true, usages), "DataError");
    await rejects(subtle.importKey("jwk", { ...jwk, use: "other" }, algorithm, true, usages), "DataError");
    await rejects(subtle.importKey("spki", form, algorithm, true, usages), "NotSupportedError");
  }
});

check("wrapped keys", async () => {
  const by = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]), iv = new Uint8Array(12);
  const { privateKey } = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  for (const format of ["jwk", "pkcs8"]) {
    const wrapped = await subtle.wrapKey(format, privateKey, by, { name: "AES-GCM", iv });
    const back = await subtle.unwrapKey(format, wrapped, by, { name: "AES-GCM", iv }, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    same([back.extractable, (await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, back, utf8("x"))).byteLength], [false, 64]);
    await rejects(subtle.exportKey("jwk", back), "InvalidAccessError");
    await rejects(subtle.unwrapKey(format, wrapped, by, { name: "AES-GCM", iv }, { name: "ECDSA", namedCurve: "P-384" }, false, ["sign"]), "DataError");
  }
  const sealer = await subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, ["encrypt", "unwrapKey"]);
  for (const text of ["", "[", "null", "5", '"text"']) {
    const wrong = await subtle.encrypt({ name: "AES-GCM", iv }, sealer, utf8(text));
    await rejects(subtle.unwrapKey("jwk", wrong, sealer, { name: "AES-GCM", iv }, "AES-GCM", true, ["encrypt"]), "DataError");
  }
  const rsa = { name: "RSA-OAEP", hash: "SHA-256" }, aes = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const wrapped = await subtle.wrapKey("raw", aes, await subtle.importKey("jwk", RSA_PUBLIC, rsa, true, ["wrapKey"]), "RSA-OAEP");
  const back = await subtle.unwrapKey("raw", wrapped, await subtle.importKey("jwk", RSA, rsa, false, ["unwrapKey"]), "RSA-OAEP", "AES-GCM", true, ["encrypt"]);
  same(hex(await subtle.exportKey("raw", back)), hex(await subtle.exportKey("raw", aes)));
});

// ---- the name of each error
check("errors", async () => {
  const aes = await raw(KEY128, "AES-GCM", "encrypt"), hmac = await raw(KEY128, { name: "HMAC", hash: "SHA-256" }, "sign");
  const pair = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]), iv = new Uint8Array(12), one = new Uint8Array(1);
  const kdf = await subtle.importKey("raw", one, "HKDF", false, ["deriveKey"]), locked = await subtle.importKey("raw", bytes(KEY128), "AES-GCM", false, ["encrypt"]);
  const wrapper = await raw(KEY128, "AES-KW", "wrapKey");
  for (const [name, runs] of Object.entries({
    TypeError: [
      () => subtle.digest({}, one), () => subtle.digest("SHA-256", "text"), () => subtle.digest("SHA-256"),
      () => subtle.sign("HMAC", {}, one), () => subtle.sign("HMAC", null, one), () => subtle.encrypt({ name: "AES-GCM" }, aes, one),
      () => subtle.importKey("other", one, "AES-GCM", true, ["encrypt"]), () => subtle.importKey("raw", one, "AES-GCM", true, ["fly"]),
      () => subtle.importKey("raw", {}, "AES-GCM", true, ["encrypt"]), () => subtle.importKey("jwk", one, "AES-GCM", true, ["encrypt"]),
      () => subtle.importKey("raw", one, "HMAC", true, ["sign"]), () => subtle.generateKey({ name: "AES-GCM" }, true, ["encrypt"]),
      () => subtle.generateKey({ name: "ECDSA" }, true, ["sign"]), () => subtle.exportKey("raw", {}), () => subtle.encrypt({ name: "AES-GCM", iv, tagLength: 999 }, aes, one),
      () => subtle.sign("ECDSA", pair.privateKey, one),
    ],
    NotSupportedError: [
      () => subtle.digest("MD5", one), () => subtle.digest(undefined, one), () => subtle.digest("AES-GCM", one), () => subtle.sign("AES-GCM", aes, one), () => subtle.encrypt("HMAC", hmac, one),
      () => subtle.generateKey("HKDF", false, ["deriveBits"]), () => subtle.generateKey({ name: "ECDSA", namedCurve: "P-999" }, true, ["sign"]),
      () => subtle.importKey("raw", one, { name: "HMAC", hash: "MD5" }, true, ["sign"]), () => subtle.importKey("pkcs8", one, "AES-GCM", true, ["encrypt"]),
      () => subtle.importKey("jwk", {}, "HKDF", false, ["deriveBits"]), () => subtle.exportKey("spki", aes), () => subtle.exportKey("raw", kdf),
      () => subtle.deriveBits("ECDSA", pair.privateKey, 8),
    ],
    SyntaxError: [
      () => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, []), () => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["sign"]),
      () => subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]), () => subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["encrypt"]),
      () => subtle.importKey("raw", bytes(KEY128), "AES-GCM", true, []), () => subtle.importKey("raw", bytes(KEY128), "AES-GCM", true, ["sign"]),
      () => subtle.importKey("raw", one, "HKDF", true, ["deriveBits"]), () => subtle.importKey("jwk", RSA_PUBLIC, { name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]),
      () => subtle.importKey("jwk", RSA, { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"]),
    ],
    OperationError: [
      () => subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"]), () => subtle.generateKey({ name: "HMAC", hash: "SHA-1", length: 0 }, true, ["sign"]),
    ],
    DataError: [
      () => subtle.importKey("raw", new Uint8Array(15), "AES-GCM", true, ["encrypt"]), () => subtle.importKey("raw", new Uint8Array(0), { name: "HMAC", hash: "SHA-1" }, true, ["sign"]),
      () => subtle.importKey("raw", one, { name: "HMAC", hash: "SHA-1", length: 16 }, true, ["sign"]), () => subtle.importKey("jwk", {}, "AES-GCM", true, ["encrypt"]),
      () => subtle.importKey("jwk", { ...RSA, q: RSA.p }, { name: "RSA-PSS", hash: "SHA-256" }, true, ["sign"]),
      () => subtle.importKey("jwk", { ...RSA_PUBLIC, alg: "RS256" }, { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"]),
    ],
    InvalidAccessError: [
      () => subtle.encrypt({ name: "AES-GCM", iv }, hmac, one), () => subtle.decrypt({ name: "AES-GCM", iv }, aes, new Uint8Array(16)),
      () => subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, one), () => subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, one, one),
      () => subtle.verify("HMAC", hmac, one, one), () => subtle.exportKey("raw", locked), () => subtle.exportKey("jwk", pair.privateKey),
      () => subtle.exportKey("pkcs8", pair.publicKey), () => subtle.wrapKey("raw", locked, wrapper, "AES-KW"), () => subtle.wrapKey("raw", aes, aes, { name: "AES-GCM", iv }),
      () => subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: one, info: one }, kdf, 8),
    ],
  })) {
    for (const run of runs) {
      try { await rejects(run(), name); } catch (error) { throw new Error(`${run} ${error.message}, not ${name}`); }
    }
  }
});

check("a key cannot be changed", async () => {
  const key = await subtle.importKey("raw", bytes(KEY128), "AES-GCM", false, ["encrypt"]);
  for (const change of [() => { key.extractable = true; }, () => { key.type = "public"; }, () => { key.usages = ["decrypt"]; }, () => { key.algorithm = {}; }]) {
    try { change(); } catch {}
  }
  try { key.algorithm.name = "AES-CBC"; } catch {}
  try { key.usages.push("decrypt"); } catch {}
  await rejects(subtle.exportKey("raw", key), "InvalidAccessError");
  await rejects(subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(16)), "InvalidAccessError");
  await rejects(subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(16) }, key, new Uint8Array(16)), "InvalidAccessError");
  same((await subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(16))).byteLength, 32);
  same([JSON.stringify(key), Object.keys(key), Reflect.ownKeys(key).filter((name) => typeof name === "string")], ["{}", [], []]);
  const secret = bytes(KEY128), copied = await subtle.importKey("raw", secret, "AES-GCM", true, ["encrypt"]);
  secret.fill(0);
  same(hex(await subtle.exportKey("raw", copied)), KEY128);
});
