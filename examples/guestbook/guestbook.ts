// A line of the book: the newest come first in the order of keys.
const PREFIX = "entry/";
const LINE_CHARS_MAX = 200;
const DAY_S = 86_400;

function keyOf(now: number, id: string): string {
  // Counted down, so that a later entry has an earlier key.
  return `${PREFIX}${String(1e14 - now).padStart(15, "0")}-${id}`;
}

/** The newest lines, and where the next page begins. */
export async function read(kv: Serviceful.KVReader, cursor: string | null) {
  const page = await kv.list<{ name: string }>({ prefix: PREFIX, limit: 20, cursor });
  const lines = await kv.get(page.keys.map((key) => key.name));
  return {
    entries: page.keys.map((key) => ({ name: key.metadata?.name, line: lines.get(key.name) })),
    cursor: page.list_complete ? null : page.cursor,
  };
}

/** Writes a line, which goes after 30 days. */
export async function write(kv: Serviceful.KVNamespace, name: string, line: string): Promise<void> {
  await kv.put(keyOf(Date.now(), crypto.randomUUID()), line, { metadata: { name }, expirationTtl: 30 * DAY_S });
}

export async function sign(request: Request, env: Serviceful.Env, ctx: Serviceful.Context): Promise<Response> {
  const line = (await request.text()).trim();
  if (line === "" || line.length > LINE_CHARS_MAX) {
    return Response.json({ error: `write 1 to ${LINE_CHARS_MAX} characters` }, { status: 400 });
  }
  const name = ctx.caller.kind === "user" ? (ctx.caller.displayName ?? "somebody") : "a machine";
  // Of this function alone: the manifest grants it `rw`, and the one that shows the book `r`.
  await write(env.KV as Serviceful.KVNamespace, name, line);
  return Response.json({ written: line }, { status: 201 });
}

export default {
  async fetch(request: Request, env: Serviceful.Env): Promise<Response> {
    return Response.json(await read(env.KV, new URL(request.url).searchParams.get("cursor")));
  },
};
