import { Liquid } from "liquidjs";
import { checked, same } from "../check";

const engine = new Liquid({ templates: { row: "<{{ name | upcase }}>" } });

export default checked(async () => {
  same(await engine.parseAndRender("{% for n in names %}{% render 'row', name: n %}{% endfor %}", { names: ["a", "b"] }), "<A><B>");
  same(engine.parseAndRenderSync("{{ 3 | times: 4 }}"), "12");
});
