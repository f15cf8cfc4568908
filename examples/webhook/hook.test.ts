import assert from "node:assert/strict";
import { test } from "node:test";
import hook from "./hook";

const BODY = JSON.stringify({ type: "paid" });

async function signature(key: string): Promise<string> {
  const encoder = new TextEncoder();
  const hmac = await crypto.subtle.importKey("raw", encoder.encode(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", hmac, encoder.encode(BODY)));
  return `sha256=${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const send = (env: Serviceful.Env, claimed: string) =>
  hook.fetch(new Request("http://webhook.localhost/hook", { method: "POST", body: BODY, headers: { "x-signature-256": claimed } }), env);

test("what is signed with the key is believed", async ({ env }) => {
  const answer = await send(env, await signature("a key for tests"));
  assert.deepEqual(await answer.json(), { received: "paid" });
});

test("what is signed with another key is not", async ({ env }) => {
  assert.equal((await send(env, await signature("another key"))).status, 401);
  assert.equal((await send(env, "sha256=none")).status, 401);
});
