/** A browser that keeps whole pages, as those of voters do: who goes back finds nothing of who was there before. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { place } from "../place.js";

let here;
before(async () => { here = await stage(place(), { ignoreDefaultArgs: ["--disable-back-forward-cache"] }); });
after(() => here.close());

/** At a host that forgot what PAGE.md asks for. */
async function visit() {
  const made = await here.visit();
  made.relay.always("/", { headed: { "cache-control": "no-cache" } });
  made.page.on("dialog", (dialog) => dialog.accept());
  return made;
}

/** Away to another page, and back to one that the browser kept. */
async function awayAndBack({ page, relay }) {
  await page.evaluate(() => { globalThis.kept = true; });
  await page.goto(`${relay.base}/check.html`);
  await page.waitForSelector('#main[data-state="check"]');
  await page.evaluate(() => { setTimeout(() => history.back()); });
  await page.waitForFunction(() => globalThis.kept === true, null, { timeout: 10_000 });
}

test("a marked ballot is not there for who goes back, nor is the session", async () => {
  const voter = await visit();
  await voter.first();
  await voter.ballot();
  await voter.mark("Partido Alba");
  await awayAndBack(voter);
  await voter.at("left", { look: false });
  assert.equal(await voter.page.locator("[data-space]").count(), 0);
  assert.doesNotMatch(await voter.page.evaluate(() => document.documentElement.outerHTML), /Alba/i);
  assert.equal(await voter.text(".clock"), "");
  await voter.close();
});

test("a receipt that was not left is, and the session is not", async () => {
  const voter = await visit();
  const code = await voter.sealed();
  await voter.press("Emitir mi voto");
  await voter.at("receipt", { look: false });
  await awayAndBack(voter);
  await voter.at("receipt", { look: false });
  assert.equal(await voter.tracking(), code);
  assert.match(await voter.text(), /cerramos su entrada/);
  await voter.close();
});

test("what was typed is not there either", async () => {
  const voter = await visit();
  await voter.open();
  await voter.at("start", { look: false });
  await voter.press("Entrar");
  await voter.at("login", { look: false });
  await voter.type("Contraseña", "caballo verde lento");
  await awayAndBack(voter);
  await voter.at("start", { look: false });
  await voter.press("Entrar");
  await voter.at("login", { look: false });
  assert.deepEqual(await voter.page.locator("input:not([type=checkbox])").evaluateAll((inputs) => inputs.map(({ value }) => value)), ["", ""]);
  await voter.close();
});

test("an access that somebody left in the middle is not there to be finished", async () => {
  const voter = await visit();
  await voter.open(voter.fragment);
  await voter.digits();
  await voter.factor("totp");
  await voter.at("password", { look: false });
  await awayAndBack(voter);
  await voter.at("start", { look: false });
  assert.equal(await voter.page.locator("input").count(), 0);
  await voter.close();
});

test("nor is one whose answer was awaited when somebody left", async () => {
  const voter = await visit();
  await voter.open(voter.fragment);
  await voter.digits();
  await voter.factor("sms");
  await voter.at("password", { look: false });
  await voter.type("Contraseña nueva", voter.voter.password);
  await voter.page.evaluate(() => {
    // It derives a key from the password for as long as it takes to leave.
    const post = Worker.prototype.postMessage;
    globalThis.held = [];
    Worker.prototype.postMessage = function later(...all) { globalThis.held.push(() => post.apply(this, all)); };
    addEventListener("pageshow", ({ persisted }) => {
      sessionStorage.setItem("shown", String(persisted));
      globalThis.held.forEach((one) => one());
    });
  });
  await voter.press("Guardar y entrar");
  await voter.page.goto(`${voter.relay.base}/check.html`);
  await voter.page.evaluate(() => { setTimeout(() => history.back()); });
  await voter.at("start", { look: false });
  await voter.page.waitForFunction(() => sessionStorage.getItem("shown") === "true");
  await voter.page.waitForFunction(() => globalThis.held === undefined);
  await voter.page.waitForTimeout(1000);
  await voter.at("start", { look: false });
  await voter.close();
});
