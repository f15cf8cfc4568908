import { checked, same } from "../check";

export default checked(async () => {
  // It seeds its random numbers when it is loaded, so it is loaded in the handler: each request has numbers of its own.
  const { create, all } = await import("mathjs");
  const math = create(all!);
  same(math.evaluate("sqrt(3^2 + 4^2)"), 5);
  same(math.evaluate("12.7 cm to inch").toString(), "5 inch");
  same(math.format(math.multiply(math.matrix([[1, 2], [3, 4]]), [1, 1])), "[3, 7]");
  same(math.derivative("x^2 + x", "x").toString(), "2 * x + 1");
});
