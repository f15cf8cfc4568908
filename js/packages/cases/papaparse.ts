import Papa from "papaparse";
import { checked, same } from "../check";

export default checked(() => {
  same(Papa.parse("a,b\n1,two\n", { header: true, dynamicTyping: true }).data[0], { a: 1, b: "two" });
  same(Papa.unparse([{ a: 1, b: 'x "y"' }]), 'a,b\r\n1,"x ""y"""');
});
