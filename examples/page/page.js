import css from "./style.css";
import html from "./page.html";
import menu from "./menu.json";

const text = (value) => String(value).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const rows = menu.map(({ name, price }) => `<li>${text(name)} <b>${text(price)}</b></li>`).join("\n      ");
// Made once, when the app is deployed: each request starts from here.
const page = html.replace("<!-- menu -->", rows);

export default {
  fetch() {
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'self'" };
    return new Response(page, { headers });
  },
};

export function style() {
  return new Response(css, { headers: { "content-type": "text/css", "cache-control": "public, max-age=300" } });
}
