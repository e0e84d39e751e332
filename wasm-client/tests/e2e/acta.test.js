/** The printed acta beside the figures that this device has verified. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { stage } from "./browser.js";

let here;
before(async () => { here = await stage(); });
after(() => here.close());

const SIGNED = createHash("sha256").update("acta").digest("hex");

/** A host that publishes actas, or does not, and a record that has one. */
async function host(visit, acta) {
  await visit.page.route("**/config.json", async (route) => {
    const config = await (await route.fetch()).json();
    await route.fulfill({ json: { ...config, record: "/published", acta } });
  });
  const files = { "manifest.bin": "m", "acta/contest-000.bin": "acta" };
  const sums = Object.entries(files).map(([path, text]) => `${createHash("sha256").update(text).digest("hex")}  ${path}\n`).join("");
  await visit.page.route("**/published/**", (route) => {
    const path = new URL(route.request().url()).pathname.slice("/published/".length);
    return route.fulfill({ body: path === "SHA256SUMS" ? sums : files[path] });
  });
  // What is verified is another test's; here it is what a page shows of a record that holds.
  await visit.page.route("**/src/verifier.js", (route) => route.fulfill({ contentType: "text/javascript", body: VERIFIER }));
}

const VERIFIER = `onmessage = () => postMessage({ value: ${JSON.stringify({
  valid: true, firstFailure: null, electionId: "e1".repeat(32), manifestHash: "a7".repeat(32), ballots: 3, checks: [],
  results: [{ contest: 0, name: "Senaduría", total: 3, options: [{ name: "ALBA", votes: 3 }] }],
})} });`;

for (const [page, title] of [["results", "Resultados"], ["verify", "La elección es correcta"]]) {
  test(`the acta is linked from ${page}.html, with the hash that it must show`, async () => {
    const visit = await here.visit();
    await host(visit, "acta");
    await visit.page.goto(`${here.server.base}/${page}.html`);
    await visit.at(page, { axe: false });
    await visit.press("Bajar el expediente y verificar");
    await visit.at(`${page}-done`, { shot: `320-84-${page}-acta` });
    assert.equal(await visit.page.textContent("h1"), title);
    assert.deepEqual(await visit.page.getByRole("link", { name: /acta/ }).evaluateAll((links) => links.map((link) => link.getAttribute("href"))), ["acta/contest-000.html", "acta/contest-000.json"]);
    assert.match(await visit.page.textContent("#main"), new RegExp(SIGNED));
    await visit.close();
  });
}

test("where no acta is published none is linked", async () => {
  const visit = await here.visit();
  await host(visit, undefined);
  await visit.page.goto(`${here.server.base}/results.html`);
  await visit.at("results", { axe: false });
  await visit.press("Bajar el expediente y verificar");
  await visit.at("results-done", { axe: false });
  assert.equal(await visit.page.getByRole("link", { name: /acta/ }).count(), 0);
  await visit.close();
});
