import { html } from "hono/html";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { checked, same } from "../check";

const app = new Hono();
app.get("/", (c) => c.html(html`<p>${"<b>"}</p>`));
app.get("/events", (c) =>
  streamSSE(c, async (stream) => {
    for (const data of ["one", "two"]) await stream.writeSSE({ data });
  }),
);

export default checked(async () => {
  same(await (await app.request("http://a/")).text(), "<p>&lt;b&gt;</p>");
  same(await (await app.request("http://a/events")).text(), "data: one\n\ndata: two\n\n");
});
