// Runs the scripts of the pages in the browser, with an authenticator that the browser plays: what they send is what a platform
// can read. Returns what was wrong.
import { createHash } from "node:crypto";

const b64 = (bytes) => Buffer.from(bytes).toString("base64url");

export async function scripts(browser, origin, posts, options) {
  const wrong = [];
  const check = (what, holds) => holds || wrong.push(`scripts: ${what}`);
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(`scripts: ${error.message}`));
  const session = await context.newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  const sent = async (path) => {
    for (let i = 0; i < 100; i++) {
      const found = posts.find((post) => post.path === path);
      if (found) return posts.splice(0).length && new URLSearchParams(found.body);
      await page.waitForTimeout(50);
    }
    check(`${path}: nothing was sent`, false);
    return new URLSearchParams();
  };
  const open = async (name) => {
    await page.goto(`${origin}/${name}.html`);
    posts.length = 0;
  };

  // A passkey is made with the fields of the form, and its form arrives whole.
  options["/passkey/options"] = {
    publicKey: {
      rp: { id: "localhost", name: "Test" },
      user: { id: b64("person-1"), name: "ann@example.com", displayName: "Ann" },
      challenge: b64("challenge-1"),
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      excludeCredentials: [],
      extensions: { credProps: true },
    },
  };
  await page.goto(`${origin}/claim.html#one-TIME_code`);
  check("the code of the fragment is in the form", (await page.inputValue("#secret")) === "one-TIME_code");
  check("it is out of the address", !page.url().includes("#"));
  check("nobody is asked for it", !(await page.isVisible("#secret")));
  // Another link that is opened in the same window loads nothing: the fragment changes.
  await page.evaluate(() => { location.hash = "#another-CODE"; });
  await page.waitForFunction(() => document.querySelector("#secret").value === "another-CODE").catch(() => {});
  check("the code of a second link takes its place", (await page.inputValue("#secret")) === "another-CODE");
  check("and is out of the address", !page.url().includes("#"));
  await page.fill("#name", "Ann");
  await page.fill("#email", "ann@example.com");
  posts.length = 0;
  await page.click("[data-passkey-button]");
  for (let i = 0; i < 60 && !posts.some((post) => post.path === "/claim"); i++) await page.waitForTimeout(50);
  const asked = Object.fromEntries(new URLSearchParams(posts.find((post) => post.path === "/passkey/options")?.body ?? ""));
  check("options are asked for with name, address, token", asked.name === "Ann" && asked.email === "ann@example.com" && asked.token);
  check("no password goes there", !("new_password" in asked) && !("credential" in asked));
  const claimed = await sent("/claim");
  const made = JSON.parse(claimed.get("credential") || "{}");
  const client = JSON.parse(Buffer.from(made.response?.clientDataJSON ?? "", "base64url").toString() || "{}");
  check("a passkey is made", made.type === "public-key" && made.rawId && made.response.attestationObject);
  check("for our challenge and page", client.challenge === b64("challenge-1") && client.origin === origin && client.type === "webauthn.create");
  check("the form is whole", claimed.get("secret") === "another-CODE" && claimed.get("token") !== null && claimed.get("tx") !== null);

  // The same device again: it is said in words.
  options["/passkey/options"].publicKey.excludeCredentials = [{ type: "public-key", id: made.rawId }];
  await open("add-passkey");
  await page.click("[data-passkey-button]");
  await page.waitForSelector(".status.bad:not(:empty)", { timeout: 5000 }).catch(() => {});
  check("a passkey that is there already is named", /already/.test(await page.textContent("[data-status]")));

  // Signing in with it, by the button.
  options["/sign-in/passkey/options"] = {
    publicKey: { rpId: "localhost", challenge: b64("challenge-2"), allowCredentials: [], userVerification: "required" },
  };
  await open("password");
  await page.click("[data-passkey-button]");
  const proof = JSON.parse((await sent("/sign-in/passkey")).get("credential") || "{}");
  check("it signs in", proof.id === made.id && proof.response?.signature && proof.response.userHandle === b64("person-1"));

  // And from the address field, without the button.
  await open("sign-in");
  const quiet = await sent("/sign-in/passkey");
  check("the browser offers it in the address field", JSON.parse(quiet.get("credential") || "{}").id === made.id);

  // Options that are refused: the form goes as it is, and the platform answers with a page.
  options["/passkey/options"] = 422;
  await open("add-passkey");
  await page.click("[data-passkey-button]");
  check("refused options send the form", (await sent("/account/passkeys")).get("credential") === "refused");
  options["/passkey/options"] = 503;
  await open("add-passkey");
  await page.click("[data-passkey-button]");
  await page.waitForSelector(".status.bad:not(:empty)", { timeout: 5000 }).catch(() => {});
  check("a platform that fails is said", /did not work/.test(await page.textContent("[data-status]")));
  check("the button can be pressed again", await page.isEnabled("[data-passkey-button]"));

  // The second button of such a form sends the password.
  await open("set-up");
  await page.click("summary");
  await page.fill("#new_password", "correct horse battery");
  await page.click("details button[type=submit]");
  const password = await sent("/set-up");
  check("a password goes its own way", password.get("new_password") === "correct horse battery" && password.get("credential") === "");

  // A password is shown and hidden.
  await open("new-password");
  await page.click(".reveal-button");
  check("a password is shown", (await page.getAttribute("#new_password", "type")) === "text");
  await page.click(".reveal-button");
  check("and hidden", (await page.getAttribute("#new_password", "type")) === "password");

  // Codes are copied as lines.
  await open("recovery-codes");
  await page.click("[data-copy]");
  await page.waitForTimeout(100);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  check("codes are copied", copied.split("\n").length === 10 && /^[0-9a-z-]{29}$/.test(copied.split("\n")[0]));

  // The puzzle is solved.
  await page.route("**/slow-down.html", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/data-bits="\d+"/, 'data-bits="12"') });
  });
  await page.goto(`${origin}/slow-down.html`, { waitUntil: "commit" });
  const solved = await sent("/sign-in/password");
  check("what was typed goes on", solved.get("carried") && solved.get("email") && !solved.has("password"));
  const hash = createHash("sha256").update(`${solved.get("puzzle")}:${solved.get("solution")}`).digest();
  check("the puzzle is solved", /^[0-9]+$/.test(solved.get("solution")) && hash.readUInt16BE() >> 4 === 0);

  await context.close();
  return wrong;
}
