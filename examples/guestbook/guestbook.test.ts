import assert from "node:assert/strict";
import { test } from "node:test";
import { read, write } from "./guestbook";

test("the newest line comes first, and there are pages", async ({ env }) => {
  const kv = env.KV as Serviceful.KVNamespace;
  assert.deepEqual((await read(kv, null)).entries, []);
  for (let n = 0; n < 21; n++) {
    await write(kv, "Ada", `line ${n}`);
    // Two lines of one millisecond have no order.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const first = await read(kv, null);
  assert.equal(first.entries.length, 20);
  assert.deepEqual(first.entries[0], { name: "Ada", line: "line 20" });
  const second = await read(kv, first.cursor);
  assert.deepEqual(second, { entries: [{ name: "Ada", line: "line 0" }], cursor: null });
});
