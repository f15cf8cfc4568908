import { parseHTML } from "linkedom";
import { checked, same } from "../check";

export default checked(() => {
  const { document } = parseHTML("<!doctype html><html><body><ul><li class=a>one</li><li>two</li></ul></body></html>");
  same([...document.querySelectorAll("li")].map((item) => item.textContent), ["one", "two"]);
  const made = document.createElement("li");
  made.textContent = "<three>";
  document.querySelector("ul")!.append(made);
  document.querySelector("li.a")!.setAttribute("title", "x");
  same(document.querySelector("ul")!.outerHTML, '<ul><li title="x" class="a">one</li><li>two</li><li>&lt;three&gt;</li></ul>');
});
