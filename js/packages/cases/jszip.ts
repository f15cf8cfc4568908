import JSZip from "jszip";
import { checked, same } from "../check";

export default checked(async () => {
  const zip = new JSZip();
  zip.file("menu/tea.txt", "green ".repeat(200));
  zip.file("data.bin", new Uint8Array([1, 2, 3]));
  const bytes = await zip.generateAsync({ type: "uint8array", compression: "DEFLATE" });
  const read = await JSZip.loadAsync(bytes);
  same(Object.keys(read.files), ["menu/", "menu/tea.txt", "data.bin"]);
  same((await read.file("menu/tea.txt")!.async("string")).length, 1200);
  same([...(await read.file("data.bin")!.async("uint8array"))], [1, 2, 3]);
});
