// json: what an interface does: 2 KB of JSON in, the query decides, a digest and a signature out.
const KINDS = ["tea", "coffee", "juice"];
const STORED = JSON.stringify(Array.from({ length: 26 }, (_, n) => ({
  id: 1000 + n, kind: KINDS[n % KINDS.length], name: `drink ${n}`, price: 2 + ((n * 37) % 50) / 10, tags: ["hot", "large"].slice(n % 2),
})));
const encoder = new TextEncoder();

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const kind = searchParams.get("kind");
    const most = Number(searchParams.get("most"));
    const drinks = JSON.parse(STORED)
      .filter((drink) => drink.kind === kind && drink.price <= most)
      .map(({ id, name, price, tags }) => ({ id, label: `${name} (${tags.join(", ")})`, cents: Math.round(price * 100) }))
      .sort((a, b) => a.cents - b.cents || a.id - b.id);
    const next = new URLSearchParams(searchParams);
    next.set("after", String(drinks.at(-1)?.id ?? 0));
    const text = JSON.stringify({ drinks, next: `${pathname}?${next}` });
    const bytes = encoder.encode(text);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    // Imported for each request: a key that came with the request or from a store would be.
    const key = await crypto.subtle.importKey("raw", encoder.encode("a key for this test only"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const signature = await crypto.subtle.sign("HMAC", key, bytes);
    return new Response(JSON.stringify({ text, digest: hex(digest), signature: hex(signature) }), {
      headers: { "content-type": "application/json" },
    });
  },
};
