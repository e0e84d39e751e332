/** The printed acta beside the figures that this device has verified. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";
import { json } from "../relay.js";

let here;
before(async () => {
  here = await stage();
  await here.place.reaches("published");
});
after(() => here.close());

const ACTA = /^acta|^\/acta/;

async function verified(name, visit) {
  await visit.open(`${name}.html`);
  await visit.at(name);
  await visit.press("Bajar el expediente y verificar");
  await visit.page.waitForSelector(`#main[data-state="${name}-done"]`, { timeout: 120_000 });
  await visit.at(`${name}-done`);
}
const links = (visit) => visit.page.getByRole("link", { name: /acta/ }).evaluateAll((all) => all.map((link) => new URL(link.getAttribute("href"), document.baseURI).pathname));

for (const name of ["results", "verify"]) {
  test(`the acta is linked from ${name}.html, with the hash that it must show`, { timeout: 240_000 }, async () => {
    const visit = await here.visit();
    await verified(name, visit);
    const signed = (await readdir(join(here.place.access.record, "acta"))).filter((file) => file.endsWith(".bin")).sort();
    assert.ok(signed.length > 0);
    const text = await visit.text();
    for (const file of signed) {
      const hash = createHash("sha256").update(await readFile(join(here.place.access.record, "acta", file))).digest("hex");
      assert.ok(text.includes(hash), `${file} ${hash}`);
    }
    const found = await links(visit);
    assert.ok(found.length >= signed.length && found.every((path) => ACTA.test(path)), found.join());
    for (const path of found) {
      const content = (await here.place.file(path)).toString();
      if (path.endsWith(".html")) assert.match(content, /<html/);
    }
    await visit.close();
  });
}

test("where no acta is published none is linked", { timeout: 240_000 }, async () => {
  const visit = await here.visit();
  visit.relay.always("/config.json", json(({ acta: _, ...config }) => config));
  await verified("results", visit);
  assert.deepEqual(await links(visit), []);
  await visit.close();
});
