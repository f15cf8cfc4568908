import { LRUCache } from "lru-cache";
import { checked, same } from "../check";

export default checked(() => {
  const cache = new LRUCache<string, number>({ max: 2, ttl: 60_000 });
  cache.set("a", 1).set("b", 2);
  cache.get("a");
  cache.set("c", 3);
  same([cache.get("a"), cache.has("b"), cache.size], [1, false, 2]);
});
