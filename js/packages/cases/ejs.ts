import ejs from "ejs";
import { checked, same } from "../check";

export default checked(async () => {
  same(ejs.render("<% for (const x of list) { %>[<%= x %>]<% } %>", { list: ["a", "<b>"] }), "[a][&lt;b&gt;]");
  same(await ejs.render("<%- await get() %>", { get: async () => "<i>" }, { async: true }), "<i>");
});
