import sanitize from "sanitize-html";
import { checked, same } from "../check";

export default checked(() => {
  same(sanitize('<p onclick="x()">a<script>alert(1)</script><b>b</b></p>'), "<p>a<b>b</b></p>");
  same(sanitize('<a href="javascript:x">y</a>'), "<a>y</a>");
});
