// page: some 50 KB of HTML out of template literals, every value escaped.
const ROWS = Array.from({ length: 275 }, (_, n) => ({
  id: n, name: `Tea & <b>biscuit</b> no. ${n}`, note: `"fresh" since ${1900 + (n % 100)}, it's said`, price: 2 + (n % 40) / 4,
}));
const MARKS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const escaped = (text) => String(text).replace(/[&<>"']/g, (mark) => MARKS[mark]);

const row = ({ id, name, note, price }) => `
    <tr id="row-${escaped(id)}">
      <td>${escaped(name)}</td>
      <td>${escaped(note)}</td>
      <td class="price">${escaped(price.toFixed(2))}</td>
    </tr>`;

const page = (title) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escaped(title)}</title></head>
<body>
  <h1>${escaped(title)}</h1>
  <table>${ROWS.map(row).join("")}
  </table>
</body>
</html>
`;

export default {
  fetch() {
    return new Response(page("Menu of the <café>"), { headers: { "content-type": "text/html; charset=utf-8" } });
  },
};
