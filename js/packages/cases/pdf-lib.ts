import { PDFDocument, StandardFonts, rgb } from "pdf-lib";
import { checked, holds, same } from "../check";

export default checked(async () => {
  const made = await PDFDocument.create();
  const font = await made.embedFont(StandardFonts.Helvetica);
  const page = made.addPage([300, 200]);
  page.drawText("An invoice for tea", { x: 20, y: 150, size: 18, font, color: rgb(0, 0.5, 0.5) });
  const bytes = await made.save();
  holds(new TextDecoder("latin1").decode(bytes.subarray(0, 8)).startsWith("%PDF-1.7"), "a PDF");
  const read = await PDFDocument.load(bytes);
  same([read.getPageCount(), read.getPage(0).getSize()], [1, { width: 300, height: 200 }]);
});
