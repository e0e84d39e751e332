/** A browser that keeps whole pages: who goes back finds nothing of who was there before. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { chromium } from "playwright-core";

import { serve } from "../standin/server.js";
import { Visit } from "./browser.js";

let server;
let browser;
before(async () => {
  server = await serve();
  // As it is for voters, and not for tests.
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"], ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
});
after(async () => {
  await browser.close();
  await server.close();
});
beforeEach(() => {
  server.reset();
  // A host that forgot what PAGE.md asks for.
  server.state.caching = "no-cache";
});

async function visit() {
  const context = await browser.newContext({ viewport: { width: 320, height: 640 }, locale: "es-MX" });
  const made = new Visit(server, context, await context.newPage(), 320);
  made.page.on("dialog", (dialog) => dialog.accept());
  return made;
}

/** Away to another page, and back to one that the browser kept. */
async function awayAndBack({ page }) {
  await page.evaluate(() => { globalThis.kept = true; });
  await page.goto(`${server.base}/check.html`);
  await page.waitForSelector('#main[data-state="check"]');
  await page.evaluate(() => { setTimeout(() => history.back()); });
  await page.waitForFunction(() => globalThis.kept === true, null, { timeout: 10_000 });
}

test("a marked ballot is not there for who goes back", async () => {
  const here = await visit();
  await here.first();
  await here.press("Ver la boleta: Senaduría de Mayoría Relativa");
  await here.at("ballot", { axe: false });
  await here.mark("Partido Alba");
  await awayAndBack(here);
  await here.at("left", { axe: false });
  assert.equal(await here.page.locator("[data-space]").count(), 0);
  assert.doesNotMatch(await here.page.textContent("body"), /Alba/);
  assert.equal(await here.page.textContent(".clock"), "");
  await here.close();
});

test("a receipt that was not left is, and the session is not", async () => {
  const here = await visit();
  await here.first();
  await here.seal();
  await here.press("Emitir mi voto");
  await here.at("receipt", { axe: false });
  const code = await here.page.textContent(".groups");
  await awayAndBack(here);
  await here.at("receipt");
  assert.equal(await here.page.textContent(".groups"), code);
  assert.match(await here.page.textContent("#main"), /cerramos su entrada/);
  await here.close();
});

test("what was typed is not there either", async () => {
  const here = await visit();
  await here.open();
  await here.at("start", { axe: false });
  await here.press("Entrar");
  await here.at("login", { axe: false });
  await here.type("Contraseña", "caballo verde lento");
  await awayAndBack(here);
  await here.at("login", { axe: false });
  assert.deepEqual(await here.page.locator("input").evaluateAll((inputs) => inputs.map(({ value }) => value).filter((value) => value !== "on")), ["", ""]);
  await here.close();
});
