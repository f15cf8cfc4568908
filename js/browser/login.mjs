// The command line's request in a real Chromium: somebody who came by an invitation allows one that waits at a port of their own
// computer, and one that waits for a code to be typed; and refuses a third.
//
//   SERVICEFUL_BROWSER=… node login.mjs '{"id": …, "invitation": …, "here": [link, letters], "paste": …, "refused": …}'
//
// Prints the code that is to be typed; ends with 1 and says why when something is wrong.
import { expect, finish, look, person } from "./crew.mjs";

const at = JSON.parse(process.argv[2]);
const allow = "button[name=answer][value=allow]";
const refuse = "button[name=answer][value=refuse]";

async function asked(someone, [link, letters], name) {
  const { page } = someone;
  await page.goto(link);
  await page.waitForURL(`${at.id}/cli?*`);
  const text = await page.textContent("main");
  expect(text.includes(letters), `the letters of the terminal, ${letters}, in: ${text}`);
  expect(text.includes("gus@example.org"), "whose command line it would be");
  await look(someone, name);
}

let failed = null;
try {
  const gus = await person("gus");
  const { page } = gus;
  await page.goto(at.invitation);
  await page.fill("#name", "Gus");
  await page.click("[data-passkey-button]");
  await page.waitForSelector("#codes");
  await page.check("#saved");
  await page.click("button.primary[type=submit]");
  await page.waitForURL(`${at.id}/account*`);

  await asked(gus, at.here, "command-line");
  await page.click(allow);
  await page.waitForURL(`${at.id}/cli/done?answer=allow`);
  await look(gus, "command-line-done");

  await asked(gus, at.refused, "command-line-again");
  await page.click(refuse);
  await page.waitForURL(`${at.id}/cli/done?answer=refuse`);
  await look(gus, "command-line-refused");

  await asked(gus, at.paste, "command-line-elsewhere");
  await page.click(allow);
  await page.waitForSelector("#paste-code");
  await look(gus, "command-line-code");
  console.log(await page.textContent("#paste-code"));
} catch (error) {
  failed = error;
}
await finish(failed);
