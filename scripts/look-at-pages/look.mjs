// Serves the gallery with the headers that the pages ask for, looks at each page, and says what is wrong.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";

import { scripts } from "./scripts.mjs";

const [out, ...prefixes] = process.argv.slice(2);
const require = createRequire(join(process.env.TOOLS, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const gallery = join(out, "gallery");
const headers = Object.fromEntries(
  readFileSync(join(gallery, "headers.txt"), "utf8").trim().split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)),
);
const KINDS = { ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const server = createServer((request, response) => {
  const file = join(gallery, new URL(request.url, "http://x").pathname);
  if (request.method === "POST") return post(request, response);
  if (!existsSync(file)) return response.writeHead(404).end();
  const kind = KINDS[extname(file)];
  response.writeHead(200, kind ? { "content-type": kind } : headers).end(readFileSync(file));
});
// What was posted, and the passkey options to answer with: a JSON document, or a status to refuse with.
const posts = [];
const passkeyOptions = {};
async function post(request, response) {
  let body = "";
  for await (const part of request) body += part;
  const path = request.url;
  posts.push({ path, body });
  // A form that is sent leaves the page where it is.
  if (!path.endsWith("/options")) return response.writeHead(204).end();
  const answer = passkeyOptions[path] ?? 404;
  if (typeof answer === "number") return response.writeHead(answer).end();
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
}
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://localhost:${server.address().port}`;

const LOOKS = {
  light: { viewport: { width: 1120, height: 860 }, colorScheme: "light" },
  dark: { viewport: { width: 1120, height: 860 }, colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 740 }, colorScheme: "light", deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  plain: { viewport: { width: 320, height: 640 }, colorScheme: "dark", javaScriptEnabled: false },
};

const names = readdirSync(gallery)
  .filter((file) => file.endsWith(".html"))
  .map((file) => file.slice(0, -5))
  .filter((name) => !prefixes.length || prefixes.some((prefix) => name.startsWith(prefix)));

const wrong = [];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
if (!prefixes.length || prefixes.includes("scripts")) wrong.push(...(await scripts(browser, origin, posts, passkeyOptions)));
for (const [look, options] of Object.entries(LOOKS)) {
  mkdirSync(join(out, look), { recursive: true });
  const context = await browser.newContext(options);
  const page = await context.newPage();
  let at = "";
  page.on("pageerror", (error) => wrong.push(`${at}: ${error.message}`));
  // The gallery answers no passkey options: that a fetch of them fails is as it should be.
  const expected = /status of 404/;
  page.on("console", (line) => line.type() === "error" && !expected.test(line.text()) && wrong.push(`${at}: ${line.text()}`));
  for (const name of names) {
    at = `${name} (${look})`;
    // Long names are for small places.
    if (name.endsWith(".long") && options.viewport.width > 360) continue;
    await page.goto(`${origin}/${name}.html`, { waitUntil: "load" });
    await page.waitForTimeout(60);
    await page.screenshot({ path: join(out, look, `${name}.png`), fullPage: true });
    if (options.javaScriptEnabled === false) {
      // Without scripts, nothing can be asked of the page either; its size is asked of the browser.
      const session = await context.newCDPSession(page);
      const { cssContentSize, cssLayoutViewport } = await session.send("Page.getLayoutMetrics");
      if (cssContentSize.width > cssLayoutViewport.clientWidth) wrong.push(`${at}: scrolls sideways, ${cssContentSize.width}`);
      await session.detach();
      continue;
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (width > 0) wrong.push(`${at}: scrolls sideways by ${width}`);
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    for (const violation of found.violations) {
      for (const node of violation.nodes) wrong.push(`${at}: ${violation.id}: ${node.target} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`);
    }
  }
  await context.close();
  await sheets(look, options.viewport.width <= 360 ? 6 : 4);
}
await browser.close();
server.close();

for (const line of wrong) console.error(line);
console.log(`${names.length} pages, ${wrong.length} faults`);
process.exit(wrong.length ? 1 : 0);

// Twelve pictures a sheet, each with its name, cut at a common height.
async function sheets(look, columns) {
  const page = await browser.newPage({ viewport: { width: 1800, height: 1200 } });
  const shown = names.filter((name) => existsSync(join(out, look, `${name}.png`)));
  for (let first = 0; first < shown.length; first += 12) {
    const cells = shown.slice(first, first + 12).map((name) => {
      const picture = readFileSync(join(out, look, `${name}.png`)).toString("base64");
      return `<figure><figcaption>${name}</figcaption><img src="data:image/png;base64,${picture}"></figure>`;
    });
    await page.setContent(`<style>body{margin:12px;background:#888;display:grid;grid-template-columns:repeat(${columns},1fr);gap:12px;font:13px monospace}
      figure{margin:0;overflow:hidden}img{width:100%;display:block}</style>${cells.join("")}`);
    writeFileSync(join(out, `sheet-${look}-${String(first / 12 + 1).padStart(2, "0")}.png`), await page.screenshot({ fullPage: true }));
  }
  await page.close();
}
