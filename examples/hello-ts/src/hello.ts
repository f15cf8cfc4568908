import { nameOf } from "./name";

export default {
  async fetch(request, env, ctx) {
    const shout = new URL(request.url).searchParams.has("shout");
    const text = `${env.GREETING}, ${nameOf(ctx.caller)}.`;
    return new Response(`${shout ? text.toUpperCase() : text}\n`);
  },
} satisfies Serviceful.Handler;
