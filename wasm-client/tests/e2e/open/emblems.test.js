/** Emblems under the page's policy: what is shown, and what is not. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { stage } from "../browser.js";

const SVG = await readFile(new URL("../../../../xtask/src/demo/emblems/pan.svg", import.meta.url));
/** One dark pixel. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNgYGD4DwABBAEAfbLI3wAAAABJRU5ErkJggg==", "base64");
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");

let here;
before(async () => { here = await stage(); });
after(() => here.close());

/** What stands on the ballot for a party with this emblem, when `served` lies under its name. */
async function shown(visit, emblem, served) {
  await visit.page.route(`**/emblems/${emblem}`, (route) => route.fulfill(served ? { status: 200, contentType: "application/octet-stream", body: served } : { status: 404 }));
  return visit.page.evaluate(async (party) => {
    const { emblem } = await import("/src/components/emblem.js");
    const element = emblem(party);
    document.body.append(element);
    for (let tries = 0; tries < 40 && !element.querySelector("img"); tries += 1) await new Promise((resolve) => { setTimeout(resolve, 25); });
    const image = element.querySelector("img");
    return { text: element.textContent, type: image?.src.split(";")[0] ?? null, width: image?.naturalWidth ?? 0 };
  }, { index: 0, short: "ALBA", name: "Partido Alba", colour: "#06338e", emblem, scope: "national" });
}

test("R-BAL-05 the image whose hash is in the offer is shown, SVG or PNG, whatever media type its host gives it", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  assert.deepEqual(await shown(visit, hash(SVG), SVG), { text: "", type: "data:image/svg+xml", width: 150 });
  assert.deepEqual(await shown(visit, hash(PNG), PNG), { text: "", type: "data:image/png", width: 1 });
  await visit.close();
});

test("R-BAL-05 another image, none, and one that cannot be drawn: the party's name stays on its colour", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  const name = { text: "ALBA", type: null, width: 0 };
  assert.deepEqual(await shown(visit, hash(SVG), PNG), name, "a wrong image");
  assert.deepEqual(await shown(visit, "00".repeat(32), null), name, "no image");
  const broken = Buffer.concat([PNG.subarray(0, 20), Buffer.alloc(20)]);
  assert.deepEqual(await shown(visit, hash(broken), broken), name, "of the right hash, but no image");
  const page = Buffer.from("<html><script>document.title = 'x'</script></html>");
  assert.deepEqual(await shown(visit, hash(page), page), name, "no image at all");
  await visit.close();
});

test("an image with a script in it is a picture and nothing else", async () => {
  const visit = await here.visit();
  await visit.open();
  await visit.at("start", { look: false });
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8" width="8"><script>parent.canary = 1; fetch("/canary")</script><image href="/canary"/><path d="M0 0h8v8z"/></svg>');
  const asked = [];
  visit.page.on("request", (request) => asked.push(request.url()));
  assert.equal((await shown(visit, hash(svg), svg)).width, 8);
  assert.equal(await visit.page.evaluate(() => "canary" in window), false);
  assert.ok(!asked.some((url) => url.includes("canary")));
  await visit.close();
});
