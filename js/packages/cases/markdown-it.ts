import MarkdownIt from "markdown-it";
import { checked, same } from "../check";

export default checked(() => {
  const md = new MarkdownIt({ html: false, linkify: true, typographer: true });
  same(md.render("**bold** https://a.example"), '<p><strong>bold</strong> <a href="https://a.example">https://a.example</a></p>\n');
  same(md.render("|a|\n|-|\n|1|").includes("<td>1</td>"), true);
  same(md.render("<script>").includes("&lt;script&gt;"), true);
});
