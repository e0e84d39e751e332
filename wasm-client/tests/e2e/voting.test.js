/** The way through, by keyboard only, at three widths, every screen looked at by axe. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";

import { WIDTHS, stage } from "./browser.js";

/** @type {Awaited<ReturnType<typeof stage>>} */
let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

for (const width of Object.keys(WIDTHS).map(Number)) {
  test(`R-AUTH-02 R-BAL-14 R-CAST-05 R-ACCS-04 first access to receipt by keyboard, ${width} px`, async () => {
    const visit = await here.visit({ width });
    await visit.open();
    await visit.at("start", { shot: `${width}-01-start` });
    await visit.page.goto("about:blank");
    await visit.first({ look: true });
    await visit.press("Ver la boleta: Senaduría de Mayoría Relativa");
    await visit.at("ballot", { shot: `${width}-07-ballot` });
    await visit.mark("Partido Duna");
    await visit.mark("Girasol");
    await visit.page.waitForFunction(() => document.querySelector(".now")?.textContent === "Marcó: DUNA-GIRASOL");
    await visit.axe("ballot, marked");
    await visit.shot(`${width}-08-marked`);
    await visit.press("Revisar mi elección");
    await visit.at("review", { shot: `${width}-09-review` });
    assert.match(await visit.page.textContent("#main"), /DUNA \+ GIRASOL.*María Elena Sandoval Ibáñez/s);
    assert.equal(here.server.state.log.filter(({ path }) => path === "/api/v1/session/ballots").length, 0, "nothing is sent before");
    await visit.press("Sí, cifrar mi voto");
    await visit.at("code", { shot: `${width}-10-code` });
    const code = (await visit.page.textContent(".groups")).trim();
    await visit.press("Emitir mi voto");
    await visit.at("receipt", { shot: `${width}-11-receipt` });
    assert.equal((await visit.page.textContent(".groups")).trim(), code);
    const downloading = visit.page.waitForEvent("download");
    await visit.press("Guardar mi comprobante");
    const file = await readFile(await (await downloading).path(), "utf8");
    assert.match(file, /<svg.*escrutinio\/receipt\/v1/s);
    for (const canary of ["DUNA", "GIRASOL", "Sandoval", "23456-cfhkm-rtx22"]) assert.ok(!file.includes(canary), `R-CAST-12 R-CAST-14 ${canary}`);
    await visit.press("Ver ahora que está registrado");
    await visit.press("Preguntar");
    await visit.page.waitForFunction(() => document.querySelector(".answer")?.textContent?.startsWith("✓"));
    await visit.axe("receipt, asked");
    await visit.press("Ya lo guardé. Salir");
    await visit.at("end", { shot: `${width}-12-end` });
    const kept = await visit.page.evaluate(async () => ({
      session: { ...sessionStorage },
      databases: await new Promise((resolve) => {
        const opening = indexedDB.open("escrutinio");
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction(["halves", "ballots"]);
          const counts = [transaction.objectStore("halves").count(), transaction.objectStore("ballots").count()];
          transaction.oncomplete = () => resolve(counts.map((count) => count.result));
        };
      }),
    }));
    assert.deepEqual(kept, { session: {}, databases: [0, 0] }, "everything is wiped");
    assert.equal(here.server.state.log.filter(({ method }) => method === "DELETE").length, 1, "the session is ended");
    await visit.close();
  });
}

test("R-BAL-13 two ballots in one session, then nothing is left to vote", async () => {
  here.server.state.contests = [0, 1];
  const visit = await here.visit();
  await visit.first();
  await visit.seal("Movimiento Faro");
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Seguir con la próxima boleta");
  await visit.at("ballot", { shot: "320-13-second" });
  assert.match(await visit.page.textContent("#main"), /Gubernatura del Estado/);
  await visit.mark("Candidatura común Duna y Encino");
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code");
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.press("Ya lo guardé. Salir");
  await visit.at("end");
  assert.equal(here.server.state.accepted.length, 2);
  await visit.close();
});

test("R-AUTH-14 whoever voted enters and gets no ballot", async () => {
  here.server.state.cast.add(0);
  const visit = await here.visit();
  await visit.open();
  await visit.at("start");
  await visit.press("Entrar");
  await visit.at("login", { shot: "320-14-login" });
  await visit.login();
  await visit.at("voted", { shot: "320-15-voted" });
  assert.equal(await visit.page.locator("[data-space]").count(), 0);
  await visit.close();
});

test("R-CAST-18 a ballot is opened, never cast, and the next begins empty", async () => {
  const visit = await here.visit({ width: 768 });
  await visit.first();
  await visit.seal("Partido Brisa");
  const code = (await visit.page.textContent(".groups")).trim();
  await visit.press("Quiero probar que este dispositivo no hace trampa");
  await visit.press("Abrir y no emitir");
  await visit.at("audit", { shot: "768-16-audit" });
  assert.equal((await visit.page.textContent(".groups")).trim(), code);
  const downloading = visit.page.waitForEvent("download");
  await visit.press("Guardar el archivo");
  assert.equal((await readFile(await (await downloading).path())).length, 1480);
  await visit.press("Marcar una boleta nueva");
  await visit.at("ballot");
  assert.equal(await visit.page.locator("[data-space] input:checked").count(), 0);
  assert.equal(here.server.state.accepted.length, 0);
  await visit.close();
});

test("in English, too", async () => {
  const visit = await here.visit({ width: 768, locale: "en-US" });
  await visit.open();
  await visit.at("start", { shot: "768-17-english" });
  assert.equal(await visit.page.getAttribute("html", "lang"), "en");
  await visit.press("Español");
  await visit.page.waitForFunction(() => document.documentElement.lang === "es");
  await visit.close();
});
