import MiniSearch from "minisearch";
import { checked, same } from "../check";

const index = new MiniSearch({ fields: ["title", "text"], storeFields: ["title"] });
index.addAll([
  { id: 1, title: "Espresso", text: "short and strong" },
  { id: 2, title: "Green tea", text: "light and fresh" },
]);

export default checked(() => {
  same(index.search("stronk", { fuzzy: 0.3 }).map((found) => found.title), ["Espresso"]);
  same(index.search("fre", { prefix: true }).map((found) => found.id), [2]);
  const copy = MiniSearch.loadJSON(JSON.stringify(index), { fields: ["title", "text"], storeFields: ["title"] });
  same(copy.search("tea")[0]?.id, 2);
});
