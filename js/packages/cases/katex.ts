import katex from "katex";
import { checked, holds, thrown } from "../check";

export default checked(async () => {
  const html = katex.renderToString("\\frac{a}{b} + \\sqrt{x^2}", { displayMode: true });
  holds(html.includes("katex-display") && html.includes("<mfrac>") && html.includes("<msqrt>"), html.slice(0, 200));
  holds((await thrown(() => katex.renderToString("\\frac{a"))).name === "ParseError", "told with its place");
});
