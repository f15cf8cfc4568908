import Fuse from "fuse.js";
import { checked, same } from "../check";

export default checked(() => {
  const menu = new Fuse([{ name: "Espresso" }, { name: "Cappuccino" }, { name: "Green tea" }], { keys: ["name"], threshold: 0.4 });
  same(menu.search("expreso").map((found) => found.item.name), ["Espresso"]);
  same(menu.search("nothing alike"), []);
});
