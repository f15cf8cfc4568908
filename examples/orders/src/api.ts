import { Hono } from "hono";
import { z } from "zod";

const Order = z.object({
  drink: z.enum(["espresso", "cappuccino", "tea"]),
  cups: z.number().int().min(1).max(20),
});
const PRICE = { espresso: 2.2, cappuccino: 3.1, tea: 2.5 };

const app = new Hono<{ Bindings: Serviceful.Env }>();

app.get("/", (c) => c.json({ drinks: Object.keys(PRICE) }));

app.get("/drinks/:drink", (c) => {
  const drink = Order.shape.drink.safeParse(c.req.param("drink"));
  if (!drink.success) return c.json({ error: "no such drink" }, 404);
  return c.json({ drink: drink.data, price: PRICE[drink.data] });
});

app.post("/orders", async (c) => {
  const order = Order.safeParse(await c.req.json().catch(() => undefined));
  if (!order.success) return c.json({ error: z.prettifyError(order.error) }, 422);
  const { drink, cups } = order.data;
  return c.json({ drink, cups, total: Math.round(PRICE[drink] * cups * 100) / 100 }, 201);
});

export default app;
