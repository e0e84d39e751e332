/** Whatever happens while a ballot is on its way: never a lost vote, never two, always a clear state. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

const casts = () => here.server.state.log.filter(({ path }) => path === "/api/v1/session/ballots").map(({ body }) => body.toString("hex"));

async function sealed(how) {
  const visit = await here.visit(how);
  await visit.first();
  await visit.seal();
  return visit;
}

test("R-CAST-10 an answer is lost, the server is busy, the line breaks: the same bytes until there is a promise", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["slow", "drop", "lose"];
  await visit.press("Emitir mi voto");
  await visit.page.waitForSelector(".doing");
  await visit.page.waitForFunction(() => /Se intenta otra vez/.test(document.querySelector(".doing")?.textContent ?? ""));
  await visit.at("casting", { shot: "320-30-offline" });
  await visit.at("receipt");
  assert.equal(casts().length, 4);
  assert.equal(new Set(casts()).size, 1, "one ballot");
  assert.equal(here.server.state.accepted.length, 1);
  await visit.close();
});

test("R-CAST-10 a reload in the middle goes on by itself, with the same bytes", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["drop", "busy", "busy"];
  visit.page.on("dialog", (dialog) => dialog.accept());
  await visit.press("Emitir mi voto");
  await visit.page.waitForFunction(() => document.querySelector(".doing")?.textContent?.includes("otra vez"));
  await visit.page.reload();
  await visit.at("receipt");
  assert.equal(new Set(casts()).size, 1);
  assert.equal(here.server.state.accepted.length, 1);
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end");
  await visit.close();
});

test("the receipt is still there after a reload, until the voter leaves", async () => {
  const visit = await sealed();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  const code = await visit.page.textContent(".groups");
  await visit.page.reload();
  await visit.at("receipt");
  assert.equal(await visit.page.textContent(".groups"), code);
  await visit.close();
});

test("the session ends while the ballot is on its way: entering again sends the same one", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["drop", "expired"];
  await visit.press("Emitir mi voto");
  await visit.at("interrupted", { shot: "320-31-interrupted" });
  await visit.press("Entrar");
  await visit.at("login");
  await visit.login();
  await visit.at("receipt");
  assert.equal(new Set(casts()).size, 1);
  await visit.close();
});

test("somebody else who enters on the device sends nothing of the first voter", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["expired"];
  await visit.press("Emitir mi voto");
  await visit.at("interrupted");
  const before = casts().length;
  await visit.press("Entrar");
  await visit.at("login");
  await visit.login("99999-ccccc-fffff");
  await visit.at("need-link", { shot: "320-32-need-link" });
  assert.equal(casts().length, before);
  await visit.close();
});

test("R-CAST-01 another ballot of this voter stands: this one is not counted, and it is said", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["already"];
  await visit.press("Emitir mi voto");
  await visit.at("settled-other", { shot: "320-33-other" });
  await visit.close();
});

test("reception closes while the answer is lost: the page asks whether it had arrived", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["drop", "closed"];
  await visit.press("Emitir mi voto");
  await visit.at("settled-late");
  await visit.close();
});

test("R-CAST-13 a promise that does not hold is no promise: the ballot is kept, the code shown", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["lie"];
  await visit.press("Emitir mi voto");
  await visit.at("stopped", { shot: "320-34-lie" });
  assert.match(await visit.page.textContent("#main"), /promesa del servidor no corresponde/);
  await visit.press("Intentar de nuevo");
  await visit.at("receipt");
  assert.equal(new Set(casts()).size, 1);
  await visit.close();
});

test("a double click casts once", async () => {
  const visit = await sealed();
  await visit.page.getByRole("button", { name: "Emitir mi voto" }).dblclick();
  await visit.at("receipt");
  assert.equal(casts().length, 1);
  await visit.close();
});

test("the back button leads to the question before, and stops where a vote is on its way or cast", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["busy", "busy"];
  await visit.press("Emitir mi voto");
  await visit.page.waitForFunction(() => document.querySelector(".doing")?.textContent?.includes("otra vez"));
  await visit.page.goBack().catch(() => undefined);
  await visit.at("casting", { axe: false });
  await visit.at("receipt", { axe: false });
  await visit.page.goBack().catch(() => undefined);
  await visit.at("receipt");
  assert.equal(casts().length, 3);
  await visit.close();
});

test("R-CAST-20 a second tab waits, takes over, and the first says so; leaving is not voting", async () => {
  const visit = await here.visit();
  await visit.first();
  const first = visit.page;
  const second = await visit.context.newPage();
  visit.on(second);
  await second.goto(here.server.base);
  await visit.at("elsewhere", { shot: "320-35-elsewhere" });
  await visit.press("Usar esta pestaña");
  await visit.at("start");
  await first.waitForSelector('#main[data-state="moved"]');
  assert.equal(casts().length, 0);
  await visit.close();
});

test("a tab that is sending is not taken over", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["busy", "busy", "busy", "busy", "busy", "busy"];
  await visit.press("Emitir mi voto");
  await visit.page.waitForFunction(() => document.querySelector(".doing")?.textContent?.includes("otra vez"));
  const first = visit.page;
  const second = await visit.context.newPage();
  visit.on(second);
  await second.goto(here.server.base);
  await visit.at("elsewhere");
  await visit.press("Usar esta pestaña");
  await second.waitForFunction(() => document.querySelector("[role=status]:not(#live)")?.textContent?.includes("está enviando"));
  await first.waitForSelector('#main[data-state="receipt"]');
  await visit.close();
});

test("the server refuses the proof: the voter is told, with the code", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["proof"];
  await visit.press("Emitir mi voto");
  await visit.at("stopped");
  assert.match(await visit.page.textContent("#main"), /ballot-proof/);
  await visit.close();
});

test("another language in the middle: it is encrypted once, sent once, and the code is that ballot's", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.press("Ver la boleta: Senaduría de Mayoría Relativa");
  await visit.at("ballot", { axe: false });
  await visit.mark("Partido Alba");
  await visit.press("Revisar mi elección");
  await visit.at("review", { axe: false });
  await visit.page.evaluate(() => {
    // Both within one turn of the page, so that the screen is drawn again while it encrypts.
    [...document.querySelectorAll("#main button")].find((one) => one.textContent === "Sí, cifrar mi voto").click();
    document.querySelector(".language").click();
  });
  await visit.at("code", { axe: false });
  await visit.page.waitForFunction(() => document.documentElement.lang === "en");
  const code = await visit.page.textContent(".groups");
  here.server.state.ballots = ["busy"];
  await visit.press("Cast my vote");
  await visit.page.waitForFunction(() => document.querySelector(".doing")?.textContent?.includes("Trying again"));
  await visit.page.locator(".language").click();
  await visit.at("receipt", { axe: false });
  assert.equal(await visit.page.textContent(".groups"), code);
  assert.equal(new Set(casts()).size, 1);
  await visit.close();
});

test("a session that ends late does not end the one that began since", async () => {
  const visit = await here.visit();
  await visit.first();
  await visit.page.route("**/api/v1/session", async (route) => {
    if (route.request().method() === "DELETE") await new Promise((resolve) => { setTimeout(resolve, 3000); });
    await route.continue();
  });
  here.server.state.remaining = 301;
  await visit.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visit.page.waitForSelector("dialog[open]");
  here.server.state.remaining = 1800;
  await visit.press("Entrar otra vez");
  await visit.at("login", { axe: false });
  await visit.login();
  await visit.at("home", { axe: false });
  await visit.page.waitForTimeout(3000);
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { axe: false });
  await visit.close();
});

test("a stored ballot that was damaged keeps nobody from voting", async () => {
  const visit = await sealed();
  here.server.state.ballots = ["expired"];
  await visit.press("Emitir mi voto");
  await visit.at("interrupted", { axe: false });
  await visit.page.evaluate(() => new Promise((resolve) => {
    const opening = indexedDB.open("escrutinio");
    opening.onsuccess = () => {
      const transaction = opening.result.transaction("ballots", "readwrite");
      transaction.objectStore("ballots").openCursor().onsuccess = ({ target }) => {
        if (target.result) target.result.update({ ...target.result.value, bytes: new Uint8Array(3) });
      };
      transaction.oncomplete = resolve;
    };
  }));
  await visit.press("Entrar");
  await visit.at("login", { axe: false });
  await visit.login();
  await visit.at("settled-damaged", { shot: "320-36-damaged" });
  await visit.press("Seguir");
  await visit.at("home", { axe: false });
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { axe: false });
  await visit.close();
});
