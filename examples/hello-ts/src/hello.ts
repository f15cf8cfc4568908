import { nameOf } from "./name";

export default {
  async fetch(request, env, ctx) {
    const { searchParams } = new URL(request.url);
    // `?safe` is only for people who showed two factors, five minutes ago at most. Everybody else is asked to by the platform.
    if (searchParams.has("safe")) ctx.require("multi-factor", 300);
    const shout = searchParams.has("shout");
    const text = `${env.GREETING}, ${nameOf(ctx.caller)}.`;
    return new Response(`${shout ? text.toUpperCase() : text}\n`);
  },
} satisfies Serviceful.Handler;
