// People with browsers. Each page that they come to is looked at: axe-core (WCAG 2.2 A and AA), errors of the console, breaches of
// the Content-Security-Policy, and whether it scrolls sideways on a small phone.
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const tools = process.env.SERVICEFUL_BROWSER;
const require = createRequire(join(tools, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const wrong = [];
const seen = new Map();
const shots = join(tools, "shots");
mkdirSync(shots, { recursive: true });

// It visits a platform of ours on this machine and nothing else; containers often have neither what its sandbox is made of nor
// much shared memory.
const args = ["--no-sandbox", "--disable-dev-shm-usage"];
const browser = await chromium.launch({ executablePath: join(tools, "chromium"), args });

/** Somebody with a browser of their own, and a device beside it unless `without` one. */
export async function person(name, { without = false } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => wrong.push(`${name}: ${error.message}`));
  // That a page is refused (4xx) is said in the console too, and is often the point.
  page.on("console", (line) => {
    if (line.type() === "error" && !/status of 4\d\d/.test(line.text())) wrong.push(`${name}: ${line.text()}`);
  });
  const someone = { name, context, page };
  if (!without) someone.device = await device(page);
  return someone;
}

/** A passkey device of the browser, as DevTools has it: it answers by itself, and verifies. */
export async function device(page, options = {}) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  const call = (method, more = {}) => session.send(`WebAuthn.${method}`, { authenticatorId, ...more });
  return {
    /** Whether somebody touches it. */
    touched: (enabled) => call("setAutomaticPresenceSimulation", { enabled }),
    /** Whether it sees that it is its owner. */
    verifies: (isUserVerified) => call("setUserVerified", { isUserVerified }),
    keys: async () => (await call("getCredentials")).credentials,
    remove: () => call("removeVirtualAuthenticator"),
  };
}

/** Looks at the page that somebody is on. */
export async function look({ page }, name) {
  if (seen.has(name)) throw new Error(`${name} was looked at already`);
  seen.set(name, page.url());
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.screenshot({ path: join(shots, `${name}-${colorScheme}.png`), fullPage: true });
    await page.evaluate(axe);
    const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), RULES);
    for (const violation of found.violations) {
      for (const node of violation.nodes) wrong.push(`${name} (${colorScheme}): ${violation.id}: ${node.target}`);
    }
  }
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) wrong.push(`${name}: scrolls sideways by ${over}`);
  await page.screenshot({ path: join(shots, `${name}-phone.png`), fullPage: true });
  await page.setViewportSize(size);
}

/** The code of an authenticator app (RFC 6238), `step` steps from now. */
export function totp(secret, step = 0) {
  const bits = [...secret.replaceAll(" ", "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"));
  const key = Buffer.from(bits.join("").match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step));
  const tag = createHmac("sha1", key).update(counter).digest();
  const word = tag.readUInt32BE(tag[19] & 15) & 0x7fffffff;
  return String(word % 1_000_000).padStart(6, "0");
}

export function expect(is, what) {
  if (!is) throw new Error(what);
}

/** Ends the run: 0 when nothing failed and no page had a fault; else says what, and where everybody was. */
export async function finish(failed) {
  for (const context of failed ? browser.contexts() : []) {
    for (const page of context.pages()) console.error(`${page.url()}\n${await page.textContent("body").catch(() => "")}`);
  }
  await browser.close();
  for (const line of wrong) console.error(line);
  if (failed) console.error(failed);
  process.exit(failed || wrong.length ? 1 : 0);
}
