/** Other eyes: 400 % zoom, dark, forced colours, reduced motion, more contrast, larger letters, paper (R-ACCS-04). */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());
beforeEach(() => here.server.reset());

async function through(visit, name) {
  await visit.first();
  await visit.press("Ver la boleta: Senaduría de Mayoría Relativa");
  await visit.at("ballot");
  await visit.mark("Partido Duna");
  await visit.mark("Partido Encino");
  await visit.shot(`${name}-ballot`);
  await visit.press("Revisar mi elección");
  await visit.at("review");
  await visit.press("Sí, cifrar mi voto");
  await visit.at("code");
  await visit.press("Emitir mi voto");
  await visit.at("receipt", { shot: `${name}-receipt` });
  await visit.close();
}

test("R-ACCS-04 400 % zoom: a window of 320 by 256", async () => {
  const visit = await here.visit({ viewport: { width: 320, height: 256 } });
  await through(visit, "zoom");
});

test("R-ACCS-04 dark", async () => through(await here.visit({ width: 768, colorScheme: "dark" }), "dark"));

test("R-ACCS-04 forced colours: what is marked is seen without the page's colours", async () => {
  const visit = await here.visit({ width: 768, forcedColors: "active" });
  await through(visit, "forced");
});

test("R-ACCS-04 reduced motion: nothing moves", async () => {
  const visit = await here.visit({ reducedMotion: "reduce" });
  await visit.open();
  await visit.at("start");
  assert.equal(await visit.page.evaluate(() => document.getAnimations().length), 0);
  await visit.close();
});

test("R-ACCS-04 letters of twice the size", async () => {
  const visit = await here.visit({ width: 320 });
  await visit.open();
  await visit.page.evaluate(() => { document.documentElement.style.fontSize = "212.5%"; });
  await visit.at("start", { shot: "large-start" });
  await visit.close();
});

test("the receipt prints on one page", async () => {
  const visit = await here.visit({ width: 768 });
  await visit.first();
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  const pages = (bytes) => bytes.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
  assert.equal(pages(await visit.page.pdf({ format: "Letter" })), 1, "the screen");
  const downloading = visit.page.waitForEvent("download");
  await visit.press("Guardar mi comprobante");
  const file = await readFile(await (await downloading).path(), "utf8");
  const sheet = await visit.context.newPage();
  await sheet.setContent(file);
  assert.equal(pages(await sheet.pdf({ format: "Letter" })), 1, "the file");
  await sheet.screenshot({ path: fileURLToPath(new URL("../shots/receipt-file.png", import.meta.url)), fullPage: true });
  await visit.close();
});
