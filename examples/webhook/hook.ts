const HEADER = "x-signature-256";
const encoder = new TextEncoder();

/** `sha256=<hex>` of the body under the shared key. */
async function isSigned(key: string, body: ArrayBuffer, claimed: string | null): Promise<boolean> {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(claimed ?? "")?.[1];
  if (!hex) return false;
  const signature = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hmac = await crypto.subtle.importKey("raw", encoder.encode(key), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  // In constant time, which comparing texts is not.
  return crypto.subtle.verify("HMAC", hmac, signature, body);
}

export default {
  async fetch(request: Request, env: Serviceful.Env): Promise<Response> {
    const body = await request.arrayBuffer();
    if (!(await isSigned(env.SECRETS.WEBHOOK_KEY, body, request.headers.get(HEADER)))) {
      return Response.json({ error: `the body is not signed; send \`${HEADER}: sha256=<hex>\`` }, { status: 401 });
    }
    const event = JSON.parse(new TextDecoder().decode(body));
    console.log("event", event.type);
    return Response.json({ received: event.type });
  },
};
