import hljs from "highlight.js/lib/core";
import javascript from "highlight.js/lib/languages/javascript";
import { checked, holds, same } from "../check";

hljs.registerLanguage("javascript", javascript);

export default checked(() => {
  const { value, language } = hljs.highlight("const a = 'text'; // note", { language: "javascript" });
  same(language, "javascript");
  holds(value.includes('<span class="hljs-keyword">const</span>') && value.includes('<span class="hljs-comment">// note</span>'), value);
});
