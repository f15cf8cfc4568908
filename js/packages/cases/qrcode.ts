import QRCode from "qrcode";
import { checked, holds, same } from "../check";

export default checked(async () => {
  const svg = await QRCode.toString("https://example.com/?a=1", { type: "svg" });
  holds(svg.startsWith("<svg") && svg.includes('viewBox="0 0 33 33"'), svg.slice(0, 120));
  same(QRCode.create("tea", { errorCorrectionLevel: "H" }).modules.size, 21);
});
