import nunjucks from "nunjucks";
import { checked, same } from "../check";

export default checked(() => {
  const env = new nunjucks.Environment(null, { autoescape: true });
  same(env.renderString("{% for x in list %}{{ loop.index }}={{ x | upper }};{% endfor %}{{ raw }}", { list: ["a", "b"], raw: "<" }), "1=A;2=B;&lt;");
});
