import Handlebars from "handlebars";
import { checked, same } from "../check";

export default checked(() => {
  Handlebars.registerHelper("shout", (text: string) => text.toUpperCase());
  Handlebars.registerPartial("item", "<li>{{shout name}}</li>");
  const page = Handlebars.compile("<ul>{{#each items}}{{> item}}{{else}}none{{/each}}</ul>{{raw}}");
  same(page({ items: [{ name: "a" }, { name: "b" }], raw: "<&>" }), "<ul><li>A</li><li>B</li></ul>&lt;&amp;&gt;");
});
