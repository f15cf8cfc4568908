// Passwords are tried in numbers, and people sign in all the same, in a real Chromium: one who had typed already, one whose browser
// solves the puzzle while they type, and one on a slow phone who is faster than it.
//
//   SERVICEFUL_BROWSER=… node puzzle.mjs '{"id": …, "email": …, "password": …}'
//
// Prints what it did, and how long a phone took; ends with 1 and says why when something is wrong.
import { expect, finish, look, person } from "./crew.mjs";

const at = JSON.parse(process.argv[2]);
const submit = "form[action='/sign-in/password'] button[type=submit]";
const password = "form[action='/sign-in/password'] input[type=password]";

// A phone of the middle is about four times slower than a computer.
async function slow({ page }, rate) {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate });
}

async function toThePassword({ page }) {
  await page.goto(`${at.id}/sign-in`);
  await page.fill("input[name=email]", at.email);
  await page.click("form[action='/sign-in'] button[type=submit]");
  await page.waitForSelector(password);
}

async function isIn({ page }, timeout = 15_000) {
  await page.waitForURL(`${at.id}/account*`, { timeout });
}

let failed = null;
try {
  const ann = await person("ann", { without: true });
  await slow(ann, 4);
  await toThePassword(ann);
  expect((await ann.page.locator("form[data-pow]").count()) === 0, "nothing has happened, so there is no puzzle");
  const answers = await ann.page.evaluate(async () => {
    const all = [];
    for (let n = 0; n < 8; n++) {
      const body = new URLSearchParams({ tx: "", email: `nobody${n}@example.org`, password: "a wrong one, long enough" });
      all.push((await fetch("/sign-in/password", { method: "POST", body })).status);
    }
    return all;
  });
  expect(answers.every((status) => status === 422), `wrong passwords: ${answers}`);
  await ann.page.fill(password, at.password);
  const began = Date.now();
  await ann.page.click(submit);
  await isIn(ann, 60_000);
  console.log(`the page that says to wait solved it and went on in ${Date.now() - began} ms, at a quarter of the speed`);

  const bob = await person("bob", { without: true });
  await toThePassword(bob);
  await look(bob, "password-with-puzzle");
  await bob.page.waitForFunction(() => document.querySelector("[name=solution]").value !== "");
  expect(await bob.page.locator("[data-work]").isHidden(), "nobody is bothered with it");
  await bob.page.fill(password, at.password);
  await bob.page.click(submit);
  await isIn(bob);
  console.log("solved while the password was typed");

  const cat = await person("cat", { without: true });
  // Slow enough that the form is sent first, however fast this computer is; then it takes what it takes.
  await slow(cat, 10);
  await toThePassword(cat);
  await cat.page.evaluate(
    ([field, button, word]) => {
      document.querySelector(field).value = word;
      document.querySelector(button).click();
    },
    [password, submit, at.password],
  );
  await isIn(cat, 120_000);
  console.log("sent before it was solved, and taken on when it was");
} catch (error) {
  failed = error;
}
await finish(failed);
