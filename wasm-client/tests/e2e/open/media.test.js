/** Other eyes: 400 % zoom, dark, forced colours, reduced motion, more contrast, larger letters, paper (R-ACCS-04). */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SHOTS, stage } from "../browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const pages = (bytes) => bytes.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;

async function through(how, name) {
  const visit = await here.visit(how);
  await visit.first();
  await visit.ballot();
  await visit.mark("Partido Duna");
  await visit.mark("Partido Encino");
  await visit.axe(`${name}: marked`);
  await visit.shot(`${name}-ballot`);
  await visit.seal([]);
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.shot(`${name}-receipt`);
  await visit.close();
}

test("R-ACCS-04 400 % zoom: a window of 320 by 256", () => through({ width: 320, fixed: true, viewport: { width: 320, height: 256 } }, "zoom"));
test("R-ACCS-04 dark", () => through({ width: 768, colorScheme: "dark" }, "dark"));
test("R-ACCS-04 forced colours: what is marked is seen without the page's colours", () => through({ width: 768, forcedColors: "active" }, "forced"));
test("R-ACCS-04 more contrast", () => through({ width: 1280, contrast: "more" }, "contrast"));

test("R-ACCS-04 reduced motion: nothing moves, from link to receipt", async () => {
  const visit = await here.visit({ reducedMotion: "reduce" });
  const still = async () => assert.equal(await visit.page.evaluate(() => document.getAnimations().length), 0);
  await visit.open();
  await visit.at("start");
  await still();
  await visit.first();
  await still();
  await visit.ballot();
  await still();
  await visit.seal();
  await still();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await still();
  await visit.close();
});

test("R-ACCS-04 letters of twice the size, from link to receipt", async () => {
  const visit = await here.visit({ width: 320, fixed: true });
  // What somebody sets in the browser: the page's own sizes follow it.
  await (await visit.context.newCDPSession(visit.page)).send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
  await visit.first();
  await visit.shot("large-home");
  await visit.ballot();
  await visit.shot("large-ballot");
  await visit.seal();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  await visit.shot("large-receipt");
  await visit.close();
});

test("the receipt prints on one page", async () => {
  const visit = await here.visit({ width: 768 });
  await visit.sealed();
  await visit.press("Emitir mi voto");
  await visit.at("receipt");
  assert.equal(pages(await visit.page.pdf({ format: "Letter" })), 1, "the screen");
  const file = await visit.saved(() => visit.press("Guardar mi comprobante"));
  const sheet = await visit.context.newPage();
  await sheet.setContent(file.toString());
  assert.equal(pages(await sheet.pdf({ format: "Letter" })), 1, "the file");
  await sheet.screenshot({ path: `${SHOTS}receipt-file.png`, fullPage: true });
  await visit.close();
});
