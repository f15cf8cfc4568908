import { nameOf } from "./name";

export default {
  async fetch(request, env, ctx) {
    const { searchParams } = new URL(request.url);
    // `?safe` is only for people who showed two factors, five minutes ago at most. Everybody else is asked to by the platform.
    if (searchParams.has("safe")) ctx.require("multi-factor", 300);
    // `?cancel=7`: may this caller cancel that order? The app's own rules say (`app.cedar`), not this code.
    const order = searchParams.get("cancel");
    if (order !== null && !ctx.allowed("cancel", `order-${order}`)) {
      return new Response("You may not cancel this order.\n", { status: 403 });
    }
    const shout = searchParams.has("shout");
    const text = `${env.GREETING}, ${nameOf(ctx.caller)}.`;
    return new Response(`${shout ? text.toUpperCase() : text}\n`);
  },
} satisfies Serviceful.Handler;
