import assert from "node:assert";
import { test } from "node:test";
import { nameOf } from "./name";

test("everybody has a name", () => {
  assert.equal(nameOf({ kind: "anonymous" }), "stranger");
  assert.equal(nameOf({ kind: "workload", id: "ci" } as Serviceful.Caller), "ci");
});
