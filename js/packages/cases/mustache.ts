import Mustache from "mustache";
import { checked, same } from "../check";

export default checked(() => {
  same(Mustache.render("{{#list}}{{.}},{{/list}}{{^none}}-{{/none}}{{{raw}}}", { list: [1, 2], raw: "<b>" }), "1,2,-<b>");
});
