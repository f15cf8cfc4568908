import matter from "gray-matter";
import { checked, same } from "../check";

export default checked(() => {
  const page = matter("---\ntitle: Tea\ntags: [green, black]\n---\n# Hello\n");
  same(page.data, { title: "Tea", tags: ["green", "black"] });
  same(page.content.trim(), "# Hello");
  same(matter.stringify("text", { a: 1 }), "---\na: 1\n---\ntext\n");
});
