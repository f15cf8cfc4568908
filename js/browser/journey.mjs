// People at the sign-in pages of a whole platform, in a real Chromium with virtual passkey devices: an owner by the claim link, a
// guest by an invitation, somebody with a password, an authenticator app and recovery codes, and a thief.
//
//   SERVICEFUL_BROWSER=… node journey.mjs '{"claim": …, "app": …, "vault": …, "id": …, "invitation": …, "plain": …}'
//
// `app` has to answer with the caller's name on `/caller`. Prints what it did; ends with 1 and says why when something is wrong.
import { device, expect, finish, look, person, totp } from "./crew.mjs";

const at = JSON.parse(process.argv[2]);
const PASSWORD = "correct horse battery staple";
const did = (what) => console.log(what);
const button = "button[type=submit]";

async function codes(page) {
  await page.waitForSelector("#codes");
  const all = await page.locator("#codes li").allTextContents();
  expect(all.length === 10, `ten codes, not ${all.length}`);
  return all;
}

async function saved(page) {
  await page.check("#saved");
  await page.click(`button.primary${button.slice(6)}`);
  await page.waitForURL(`${at.id}/account*`);
}

async function onTheApp(page) {
  await page.waitForURL(`${at.app}/**`);
  return page.textContent("body");
}

async function owner() {
  const olga = await person("olga");
  const { page } = olga;
  await page.goto(at.claim);
  expect(new URL(page.url()).origin === at.id, "the claim is made at the sign-in origin");
  await look(olga, "claim");
  await page.fill("#name", "Olga");
  await page.fill("#email", "olga@example.org");
  // Somebody looks at the device, and it does not know them.
  await olga.device.verifies(false);
  await page.click("[data-passkey-button]");
  await page.waitForSelector(".status.bad");
  await olga.device.verifies(true);
  await page.click("[data-passkey-button]");
  await codes(page);
  await look(olga, "recovery-codes");
  await saved(page);
  await look(olga, "account");
  const [key] = await olga.device.keys();
  expect(key.rpId === new URL(at.id).hostname && key.isResidentCredential, "a passkey for the sign-in origin");
  did("the claim, with a passkey");
  return olga;
}

async function inAgain({ page, device }) {
  await page.goto(`${at.id}/sign-out`);
  await page.click(`form ${button}`);
  // An untouched device: the quiet offer in the address field waits and disturbs nothing.
  await device.touched(false);
  await page.goto(`${at.app}/caller?x=1`);
  await page.waitForURL(`${at.id}/sign-in*`);
  await look({ page }, "sign-in");
  await device.touched(true);
  await page.click("[data-passkey-button]");
  await onTheApp(page);
  expect(page.url() === `${at.app}/caller?x=1`, `back where it began, not ${page.url()}`);
  expect((await page.textContent("body")).includes("Olga"), "the function knows who it is");
  did("out, and in again with a passkey");
}


async function ownAccount(olga) {
  const { page } = olga;
  await page.goto(`${at.id}/account/passkeys`);
  await look(olga, "add-passkey");
  await page.click("[data-passkey-button]");
  await page.waitForSelector(".status.bad");
  expect((await page.textContent("[data-status]")).includes("already"), "one passkey a device");
  const second = await device(page, { transport: "usb" });
  await page.fill("#label", "Key ring");
  await page.click("[data-passkey-button]");
  await page.waitForURL("**/account?done=passkey-added");
  await look(olga, "account-two-passkeys");
  await page.click("text=Rename Key ring");
  await page.fill("input[value='Key ring']", "Spare key");
  await page.locator("form[action='/account/passkeys/rename']:visible button").click();
  await page.waitForURL("**/account?done=passkey-renamed");
  expect((await page.textContent("main")).includes("Spare key"), "renamed");
  await page.locator("li:has-text('Spare key') a.quiet").click();
  await look(olga, "remove-passkey");
  await page.click(`button.danger`);
  await page.waitForURL("**/account?done=passkey-removed");
  await second.remove();
  await page.goto(`${at.id}/account/recovery-codes`);
  await look(olga, "new-recovery-codes");
  await page.click("main button.primary");
  await codes(page);
  await saved(page);
  did("the account: another passkey, its name, its end, new recovery codes");
}

// `vault` wants a passkey of the last seconds.
async function asked(olga) {
  const { page } = olga;
  const confirmed = async (after) => {
    await page.waitForURL(`${at.id}/confirm*`);
    await look(olga, `confirm-after-${after}`);
    expect((await page.textContent("main")).includes("vault"), "it says which app asks");
    await page.click("[data-passkey-button]");
    await page.waitForURL(`${at.vault}/**`);
  };
  await page.waitForTimeout(9_500);
  await page.goto(`${at.vault}/caller?y=1`);
  await confirmed("page");
  expect(page.url() === `${at.vault}/caller?y=1`, `back where it began, not ${page.url()}`);
  expect((await page.textContent("body")).includes("phishing-resistant"), "the function knows how sure it may be");
  // A form is not sent on: the page says so, leads to the confirmation, and that leads back.
  await page.waitForTimeout(9_500);
  await page.evaluate(() => {
    const form = document.createElement("form");
    [form.method, form.action] = ["post", "/echo"];
    document.body.append(form);
    form.submit();
  });
  await page.waitForSelector("a.button.primary");
  await look(olga, "held-up");
  expect(page.url() === `${at.vault}/echo`, "it is the answer to the form");
  await page.click("a.button.primary");
  await confirmed("form");
  expect(page.url() === `${at.vault}/`, `a browser does not say which page the form was on, so the front page, not ${page.url()}`);
  did("asked to confirm by a function, with a page and with a form");
}

async function thief(olga) {
  // The owner takes a password too; somebody finds it out.
  await olga.page.goto(`${at.id}/account/password`);
  await look(olga, "set-password");
  await olga.page.fill("[name=new_password]", PASSWORD);
  await olga.page.click("button.primary");
  await olga.page.waitForURL("**/account?done=password");
  const eve = await person("eve", { without: true });
  const { page } = eve;
  await page.goto(`${at.id}/sign-in`);
  await page.fill("#email", "olga@example.org");
  await page.click(`form:not([data-passkey]) ${button}`);
  await look(eve, "password");
  await page.fill("[name=password]", PASSWORD);
  await page.click("button.primary");
  await page.waitForURL(`${at.id}/confirm*`);
  await look(eve, "confirm");
  await page.goto(`${at.app}/caller`);
  expect(page.url().startsWith(`${at.id}/`), "one factor of an owner opens nothing");
  await eve.context.close();
  await olga.page.goto(`${at.id}/account/password/remove`);
  await look(olga, "remove-password");
  await olga.page.click("button.danger");
  await olga.page.waitForURL("**/account?done=password-removed");
  did("a thief of the password stands before the passkey");
}

async function lostDevice() {
  const gus = await person("gus");
  const { page } = gus;
  await page.goto(at.invitation);
  await look(gus, "invitation");
  await page.fill("#name", "Gus");
  await page.click("[data-passkey-button]");
  const [code] = await codes(page);
  await saved(page);
  await page.goto(`${at.app}/caller`);
  expect((await onTheApp(page)).includes("Gus"), "a member by the invitation");
  await gus.context.close();
  const again = await person("gus with a new device");
  await again.page.goto(`${at.id}/sign-in`);
  await again.page.fill("#email", "gus@example.org");
  await again.page.click(`form:not([data-passkey]) ${button}`);
  await again.page.click("a[href^='/sign-in/recovery']");
  await look(again, "recovery-alone");
  await again.page.fill("#email", "gus@example.org");
  await again.page.fill("[name=recovery_code]", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA");
  await again.page.click("button.primary");
  await look(again, "recovery-refused");
  await again.page.fill("[name=recovery_code]", code);
  await again.page.click("button.primary");
  await again.page.waitForURL(`${at.id}/account`);
  await again.page.goto(`${at.id}/account/passkeys`);
  await again.page.click("[data-passkey-button]");
  await again.page.waitForURL(`${at.id}/account*`);
  expect((await again.device.keys()).length === 1, "a new passkey");
  await again.context.close();
  did("an invitation, a lost device, a recovery code, a new passkey");
}

async function password() {
  const ada = await person("ada", { without: true });
  const { page } = ada;
  await page.goto(at.plain);
  await page.fill("#name", "Ada");
  await page.click("summary");
  // The browser would not send it; somebody else might.
  await page.locator("form:has(details)").evaluate((form) => { form.noValidate = true; });
  await page.fill("[name=new_password]", "short");
  await page.click(`details ${button}`);
  await page.waitForSelector("[aria-invalid=true], .faults");
  await look(ada, "invitation-short-password");
  await page.fill("[name=new_password]", PASSWORD);
  await page.click(`details ${button}`);
  await page.waitForURL(`${at.id}/account*`);
  await page.goto(`${at.id}/account/authenticator`);
  await look(ada, "authenticator");
  const text = await page.textContent("main");
  const secret = text.match(/(?:[A-Z2-7]{4} ?){8}/)[0];
  await page.fill("[name=code]", totp(secret));
  await page.click("button.primary");
  const [code] = await codes(page);
  await saved(page);
  await page.goto(`${at.id}/sign-out`);
  await page.click(`form ${button}`);
  await look(ada, "signed-out");
  const passwordAgain = async () => {
    await page.goto(`${at.app}/caller`);
    await page.fill("#email", "ada@example.org");
    await page.click(`form:not([data-passkey]) ${button}`);
    await page.fill("[name=password]", PASSWORD);
    await page.click("button.primary");
    await page.waitForURL(`${at.id}/sign-in/code*`);
  };
  await passwordAgain();
  await look(ada, "code");
  await page.fill("[name=code]", totp(secret, 1));
  await page.click("button.primary");
  expect((await onTheApp(page)).includes("Ada"), "with password and code");
  await page.goto(`${at.app}/.sf/sign-out`);
  await look(ada, "sign-out");
  await page.click(`form ${button}`);
  await passwordAgain();
  await page.click("a[href^='/sign-in/recovery']");
  await look(ada, "recovery");
  await page.fill("[name=recovery_code]", code);
  await page.click("button.primary");
  expect((await onTheApp(page)).includes("Ada"), "with password and recovery code");
  await ada.context.close();
  did("a password, an authenticator app, a recovery code");
}

let failed = null;
try {
  const olga = await owner();
  await inAgain(olga);
  await ownAccount(olga);
  await asked(olga);
  await thief(olga);
  await olga.context.close();
  await lostDevice();
  await password();
} catch (error) {
  failed = error;
}
await finish(failed);
