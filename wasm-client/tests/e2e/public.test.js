/** The pages that anyone uses: receipt, audited ballot, whole election, results, board. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { toDigits } from "../../web/src/components/code.js";
import { ELECTION } from "../standin/election.js";
import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

const CODE = "05X4-9AQH-DVS2-TVVP-REAB-C8X4-W1BR-EY94-3W42-HY9S-QYHH-GNZK-15YN-E";
const RECEIPT = (promise) => ({ name: "comprobante.txt", mimeType: "text/plain", buffer: Buffer.from(`escrutinio/receipt/v1\nelection ${ELECTION}\ncontest 0\ncode ${CODE}\npromise ${promise}\n`) });

async function page(name, how) {
  const visit = await here.visit(how);
  await visit.page.goto(`${here.server.base}/${name}`);
  return visit;
}

test("R-PUB-03 R-PUB-06 a code is looked for in the list that is downloaded, and is sent nowhere", async () => {
  Object.assign(here.server.state, { published: true, receipts: `${CODE}\n` });
  const visit = await page("check.html");
  await visit.at("check", { shot: "320-60-check" });
  await visit.press("Comprobar");
  await visit.page.waitForSelector(".errors");
  await visit.type("Código de comprobación", CODE.toLowerCase().replaceAll("-", " "));
  await visit.press("Comprobar");
  await visit.at("checked", { shot: "320-61-checked" });
  assert.equal(await visit.page.textContent("h1"), "Su voto se contó");
  assert.ok(!here.server.state.log.some(({ path, body }) => `${path}${body}`.toUpperCase().includes("05X4")), "the code goes nowhere");
  await visit.close();
});

test("R-PUB-08 a promised receipt that is not on the list is evidence", async () => {
  Object.assign(here.server.state, { published: true, receipts: "" });
  const visit = await page("check.html", { width: 768 });
  await visit.at("check");
  await visit.page.setInputFiles("#file", RECEIPT("good"));
  await visit.press("Comprobar");
  await visit.at("checked", { shot: "768-62-evidence" });
  assert.match(await visit.page.textContent("#main"), /vale como prueba/);
  await visit.close();
});

test("before the list is published only the promise is checked", async () => {
  const visit = await page("check.html");
  await visit.at("check");
  await visit.page.setInputFiles("#file", RECEIPT("bad"));
  await visit.press("Comprobar");
  await visit.at("checked");
  assert.match(await visit.page.textContent("#main"), /no vale.*Vuelva entonces/s);
  await visit.close();
});

test("the voter's own key finds the ballot that stands under it", async () => {
  Object.assign(here.server.state, { published: true });
  const visit = await page("check.html");
  await visit.at("check");
  await visit.page.setInputFiles("#file", { name: "clave.txt", mimeType: "text/plain", buffer: Buffer.from(`escrutinio/voter-key/v1\nelection ${ELECTION}\nlist 0\nkey ${"c4".repeat(32)}\n`) });
  await visit.press("Comprobar");
  await visit.at("checked");
  assert.match(await visit.page.textContent("#main"), /Con su clave hay esta boleta/);
  await visit.close();
});

test("R-CAST-18 an opened ballot by its QR code; it leaves the address at once", async () => {
  const opening = new Uint8Array(1480);
  opening[1] = 2;
  const visit = await page(`audit.html#${toDigits(opening)}`);
  await visit.at("opened", { shot: "320-63-opened" });
  assert.match(await visit.page.textContent("#main"), /CEDRO/);
  assert.equal(new URL(visit.page.url()).hash, "");
  assert.ok(!here.server.state.log.some(({ path }) => path.includes("000")), "and is not sent");
  await visit.close();
});

test("R-CAST-18 an opened ballot by its file, one that lies, and one that is none", async () => {
  const visit = await page("audit.html", { width: 768 });
  await visit.at("opening", { shot: "768-64-opening" });
  const bad = Buffer.alloc(1480);
  bad[2] = 255;
  await visit.page.setInputFiles("#file", { name: "x.bin", mimeType: "application/octet-stream", buffer: bad });
  await visit.press("Revisar");
  await visit.at("opened", { shot: "768-65-lie" });
  assert.match(await visit.page.textContent("#main"), /No vote con ese dispositivo/);
  await visit.press("Revisar otro");
  await visit.at("opening");
  await visit.page.setInputFiles("#file", { name: "x.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(3) });
  await visit.press("Revisar");
  await visit.page.waitForFunction(() => document.querySelector(".errors")?.textContent?.includes("no es una boleta"));
  await visit.close();
});

for (const width of [320, 1280]) {
  test(`the whole election, verified from where it is published, ${width} px`, async () => {
    const visit = await page("verify.html", { width });
    await visit.at("verify", { shot: `${width}-66-verify` });
    await visit.press("Bajar el expediente y verificar");
    await visit.at("verify-done", { shot: `${width}-67-verified` });
    assert.equal(await visit.page.textContent("h1"), "La elección es correcta");
    await visit.close();
  });

  test(`results with chart and table, ${width} px`, async () => {
    const visit = await page("results.html", { width });
    await visit.at("results");
    await visit.press("Bajar el expediente y verificar");
    await visit.at("results-done", { shot: `${width}-68-results` });
    const bars = await visit.page.locator(".bar-of").count();
    assert.equal(bars, await visit.page.locator("table").first().locator("tbody tr").count());
    await visit.close();
  });
}

test("a record that does not hold: which check, and who answers", async () => {
  here.server.state.broken = true;
  const visit = await page("verify.html");
  await visit.at("verify");
  await visit.press("Bajar el expediente y verificar");
  await visit.at("verify-done", { shot: "320-69-broken" });
  assert.match(await visit.page.textContent("#main"), /V1\.7.*servidor/s);
  await visit.close();
});

test("the board and the log of acts", async () => {
  const visit = await page("board.html", { width: 768 });
  await visit.at("board-done", { shot: "768-70-board" });
  assert.match(await visit.page.textContent("#main"), /Testigo Uno y Testigo Dos/);
  await visit.close();
});
