const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export default {
  fetch(request) {
    const from = Math.min(Number(new URL(request.url).searchParams.get("from") ?? 5), 20);
    // A generator is a body: each piece goes out when it is made, and no faster than it is read.
    async function* countdown() {
      for (let n = from; n > 0; n--) {
        yield `data: ${n}\n\n`;
        await wait(200);
      }
      yield "data: lift-off\n\n";
    }
    return new Response(countdown(), { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  },
};
