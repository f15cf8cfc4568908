import * as cheerio from "cheerio";
import { checked, same } from "../check";

export default checked(() => {
  const $ = cheerio.load("<ul><li class=a>1</li><li>2</li></ul>");
  $("li.a").text("one").addClass("b");
  same($("ul").html(), '<li class="a b">one</li><li>2</li>');
  same($("li").map((_, item) => $(item).text()).get(), ["one", "2"]);
});
