import { marked, Marked } from "marked";
import { checked, same } from "../check";

export default checked(async () => {
  same(await marked.parse("# Hi *there*\n\n- a\n- b\n"), "<h1>Hi <em>there</em></h1>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
  const own = new Marked({ renderer: { strong: ({ text }) => `<b>${text}</b>` } });
  same(own.parseInline("**x** `y`"), "<b>x</b> <code>y</code>");
});
