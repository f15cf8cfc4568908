import css from "./style.css";
import html from "./page.html";
import menu from "./menu.json";

const text = (value) => String(value).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const rows = (dishes) => dishes.map(({ name, price }) => `<li>${text(name)} <b>${text(price)}</b></li>`).join("\n      ");
// Taken apart once, when the app is deployed: each request starts from here, and puts its own between the parts.
const [top, middle, bottom] = html.split(/<!-- .*? -->/);

export default {
  fetch(request) {
    const wanted = new URL(request.url).searchParams.get("q") ?? "";
    const found = menu.filter(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
    const page = top + text(wanted) + middle + (found.length ? rows(found) : "<li>Nothing like that</li>") + bottom;
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": "default-src 'self'" };
    return new Response(page, { headers });
  },
};

export function style() {
  return new Response(css, { headers: { "content-type": "text/css", "cache-control": "public, max-age=300" } });
}
