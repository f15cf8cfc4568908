import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { z } from "zod";
import { checked, same } from "../check";

const t = initTRPC.create();
const router = t.router({
  price: t.procedure.input(z.object({ drink: z.string() })).query(({ input }) => ({ drink: input.drink, price: 2.5 })),
});

export default checked(async () => {
  const ask = async (input: unknown) => {
    const req = new Request(`http://x/trpc/price?input=${encodeURIComponent(JSON.stringify(input))}`);
    return fetchRequestHandler({ endpoint: "/trpc", req, router });
  };
  same(await (await ask({ drink: "tea" })).json(), { result: { data: { drink: "tea", price: 2.5 } } });
  same((await ask({ drink: 7 })).status, 400);
});
