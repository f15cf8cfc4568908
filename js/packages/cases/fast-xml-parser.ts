import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";
import { checked, same } from "../check";

export default checked(() => {
  const xml = '<a id="1"><b>x</b><b>y</b></a>';
  const parsed = new XMLParser({ ignoreAttributes: false }).parse(xml);
  same(parsed, { a: { b: ["x", "y"], "@_id": "1" } });
  same(new XMLBuilder({ ignoreAttributes: false }).build(parsed), xml);
  same(XMLValidator.validate("<a><b></a>") === true, false);
});
