import assert from "node:assert";
import { test } from "node:test";
import hello from "./hello.js";

const env = { GREETING: "Hello" };
const request = new Request("http://hello.localhost/");

test("a person is greeted by name", async () => {
  const response = await hello.fetch(request, env, { caller: { kind: "user", displayName: "Ada" } });
  assert.equal(await response.text(), "Hello, Ada.\n");
});

test("a machine is greeted as what it is", async () => {
  const response = await hello.fetch(request, env, { caller: { kind: "workload", id: "ci" } });
  assert.equal(await response.text(), "Hello, ci.\n");
});
