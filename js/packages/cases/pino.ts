import pino from "pino";
import { checked, same } from "../check";

export default checked(() => {
  const lines: unknown[] = [];
  const log = pino({ level: "info", browser: { write: (line: object) => lines.push(line), asObject: true } });
  log.debug("too quiet");
  log.info({ order: 7 }, "brewed");
  log.child({ shop: "tea" }).error("cold");
  same(lines.map((line) => (line as { level: number; msg: string }).level), [30, 50]);
});
