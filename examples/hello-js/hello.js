export default {
  async fetch(request, env, ctx) {
    const { caller } = ctx;
    const name = caller.displayName ?? caller.id ?? "stranger";
    console.log("greeting", caller.kind);
    return new Response(`${env.GREETING}, ${name}.\n`);
  },
};
